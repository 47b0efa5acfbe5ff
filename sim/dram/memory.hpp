// The memory object behind both the SystemC model and the verilated RTL; docs/architecture/memory.md states
// its rules.
//
// Callers call in the order (cycle, read before write). Lines are 64*channels bytes; the object holds times,
// no data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "runtime/hardware/memory_config.hpp"
#include "runtime/support/types.hpp"
#include "runtime/trace/execution.hpp"
#include "sim/dram/strided_run.hpp"
#include "sim/support/state_walk.hpp"

namespace satsim::dram {

// A reader that takes a line a cycle and asks for its bursts in step. Lines are counted from 1. The burst
// that ends with line k is requested in cycle from + k, or in the cycle after line k - room has been taken
// where that is later. Line k is taken in the cycle after it has arrived, and no earlier than in due + k + 1:
// one that arrives later than due + k puts off what is due from it on by as much.
struct PacedReader {
    StridedRun run;
    Cycles from = 0;
    std::int64_t room = 0;  // at least the longest burst
    struct Due {
        std::int64_t line;  // from here on; 0 and less: lines of earlier calls
        Cycles by;
    };
    // Ascending in both. The first `dues_known` are set, the last of them holds for line 1, and the first for
    // the first line that is looked back to.
    std::span<Due> dues;
    std::size_t dues_known = 0;
    // Left behind where bursts were read: of the last one, and how many more there have been.
    Cycles last_request = 0;
    std::int64_t bursts = 0;
};

class Memory {
  public:
    virtual ~Memory() = default;
    // AR handshake in cycle `now` for `arrival.size()` lines from `line` on. Writes for each line the cycle
    // in which it is complete at the R side.
    virtual void read(Cycles now, std::int64_t line, std::span<Cycles> arrival) = 0;
    // Bursts that are requested before cycle `end` and begin with line `most` or before, in the order of
    // their cycles: returns how many lines, `reader` being behind them and knowing what is due then. May stop
    // before any burst, which read() takes then; always before the first, unless paces().
    [[nodiscard]] virtual std::int64_t read_paced(PacedReader& reader, Cycles end, std::int64_t most,
                                                  const Divisor& line_bytes, const Divisor& burst_lines);
    [[nodiscard]] virtual bool paces(const Divisor& /*burst_lines*/) const { return false; }
    // AW handshake in cycle `now`; W beats are offered from now+1 on, one a cycle. Writes for each line the
    // cycle of its W handshake and returns the cycle of the response.
    [[nodiscard]] virtual Cycles write(Cycles now, std::int64_t line, std::span<Cycles> accepted) = 0;
    // Refreshes that began in cycles 0..end are counted when the run is over.
    [[nodiscard]] virtual MemoryCounters counters(Cycles end) const = 0;
    virtual void reset() = 0;

    // For leaving out periods (docs/architecture/skipping.md): everything that later calls depend on, without
    // random stalls; where `now` stands in what the memory does by itself; after how many lines an address
    // looks the same again, and how many neighbouring lines can know of each other (1: none).
    virtual void walk(StateWalk& state) = 0;
    [[nodiscard]] virtual Cycles phase(Cycles now) const = 0;
    [[nodiscard]] virtual std::int64_t repeats_after_lines() const = 0;
    [[nodiscard]] virtual std::int64_t row_lines() const = 0;
};

[[nodiscard]] std::unique_ptr<Memory> make_memory(const MemoryConfig& config);

}  // namespace satsim::dram
