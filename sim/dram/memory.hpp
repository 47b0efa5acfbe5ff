// The memory object behind both the SystemC model and the verilated RTL; docs/architecture/memory.md states
// its rules.
//
// Callers call in the order (cycle, read before write). Lines are 64*channels bytes; the object holds times,
// no data.
#pragma once

#include <array>
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

// An address handshake.
struct BurstRequest {
    Cycles at = 0;          // cycle of the AR or AW handshake
    std::int64_t line = 0;  // first line, counted in DRAM lines
    int lines = 0;
};

// Bursts in step with a reader that takes a line a cycle: the one that ends with line k of all (1, 2, ...) is
// requested in cycle from + k. Line k should arrive by cycle due + k; a late one puts the reader back for
// good, but not the requests until it is back by more than `leeway` cycles.
struct PacedReads {
    StridedRun run;  // left behind what was read
    Cycles from = 0;
    Cycles due = 0;
    Cycles end = 0;         // requests lie before this cycle
    std::int64_t most = 0;  // no further burst begins behind so many lines
    Cycles leeway = 0;
    // Bursts that were late: lines before them, and by how many cycles more than those before.
    struct Late {
        std::int64_t line;
        Cycles by;
    };
    static constexpr std::size_t kMostLate = 16;
    std::array<Late, kMostLate> late;  // the first `lates` of them, the others without a value
    std::size_t lates = 0;
};

class Memory {
  public:
    virtual ~Memory() = default;
    // AR handshake in cycle `now` for `arrival.size()` lines from `line` on. Writes for each line the cycle
    // in which it is complete at the R side.
    virtual void read(Cycles now, std::int64_t line, std::span<Cycles> arrival) = 0;
    // The same for several bursts in the order of their cycles; `arrival` has a place for every line of all
    // of them.
    virtual void read(std::span<const BurstRequest> bursts, std::span<Cycles> arrival);
    // As many of `reads` as keep to that, in the order of their cycles; returns their lines. May stop before
    // any burst, which read() takes then; always before the first, unless paces().
    [[nodiscard]] virtual std::int64_t read_paced(PacedReads& reads, const Divisor& line_bytes,
                                                  const Divisor& burst_lines);
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
