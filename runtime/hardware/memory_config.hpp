// Timing and size of the memory behind the accelerator, in kernel-clock cycles; docs/architecture/memory.md.
#pragma once

#include <cstdint>

namespace satsim::dram {

// Times in kernel-clock cycles. Read from the hardware file; defaults are DDR4-2400 at a 200 MHz kernel
// clock.
struct Ddr4Timing {
    int cl = 3;       // 14.16 ns column read latency
    int rcd = 3;      // 14.16 ns activate to column command
    int rp = 3;       // 14.16 ns precharge
    int ras = 7;      // 32 ns activate to precharge
    int wr = 3;       // 15 ns write recovery
    int wtr = 2;      // 7.5 ns write to read turnaround
    int rtw = 2;      // read to write turnaround
    int refi = 1560;  // 7.8 us refresh interval
    int rfc = 70;     // 350 ns refresh
    int ctrl = 8;     // controller front end, assumption
    int phy = 8;      // PHY and controller back end, assumption
    bool operator==(const Ddr4Timing&) const = default;
};

enum class MemoryKind { Ddr4, Ideal };
[[nodiscard]] constexpr const char* to_string(MemoryKind kind) {
    return kind == MemoryKind::Ideal ? "ideal" : "ddr4";
}

struct MemoryConfig {
    MemoryKind kind = MemoryKind::Ddr4;
    int channels = 4;
    Ddr4Timing ddr4;
    int ideal_latency = 1;
    std::uint64_t stall_seed = 0;  // 0: no random stalls; otherwise hash(seed, channel, burst, beat) in 0..7
    bool operator==(const MemoryConfig&) const = default;
};

}  // namespace satsim::dram
