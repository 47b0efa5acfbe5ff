// The memory object behind both the SystemC model and the verilated RTL; docs/architecture/memory.md states its rules.
//
// Callers call in the order (cycle, read before write). Lines are 64*channels bytes; the object holds times, no data.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "runtime/support/types.hpp"
#include "runtime/trace/execution.hpp"

namespace satsim::dram {

// Times in kernel-clock cycles. Read from the hardware file; defaults are DDR4-2400 at a 200 MHz kernel clock.
struct Ddr4Timing {
    int cl = 3;      // 14.16 ns column read latency
    int rcd = 3;     // 14.16 ns activate to column command
    int rp = 3;      // 14.16 ns precharge
    int ras = 7;     // 32 ns activate to precharge
    int wr = 3;      // 15 ns write recovery
    int wtr = 2;     // 7.5 ns write to read turnaround
    int rtw = 2;     // read to write turnaround
    int refi = 1560; // 7.8 us refresh interval
    int rfc = 70;    // 350 ns refresh
    int ctrl = 8;    // controller front end, assumption
    int phy = 8;     // PHY and controller back end, assumption
    bool operator==(const Ddr4Timing&) const = default;
};

enum class MemoryKind { Ddr4, Ideal };

struct MemoryConfig {
    MemoryKind kind = MemoryKind::Ddr4;
    int channels = 4;
    Ddr4Timing ddr4;
    int ideal_latency = 1;
    std::uint64_t stall_seed = 0;  // 0: no random stalls; otherwise hash(seed, channel, burst, beat) in 0..7
    bool operator==(const MemoryConfig&) const = default;
};

class Memory {
  public:
    virtual ~Memory() = default;
    // AR handshake in cycle `now` for `arrival.size()` lines from `line` on. Writes for each line the cycle in which it
    // is complete at the R side.
    virtual void read(Cycles now, std::int64_t line, std::span<Cycles> arrival) = 0;
    // AW handshake in cycle `now`; W beats are offered from now+1 on, one a cycle. Writes for each line the cycle of its
    // W handshake and returns the cycle of the response.
    [[nodiscard]] virtual Cycles write(Cycles now, std::int64_t line, std::span<Cycles> accepted) = 0;
    // Refreshes that began in cycles 0..end are counted when the run is over.
    [[nodiscard]] virtual MemoryCounters counters(Cycles end) const = 0;
    virtual void reset() = 0;
};

[[nodiscard]] std::unique_ptr<Memory> make_memory(const MemoryConfig& config);

}  // namespace satsim::dram
