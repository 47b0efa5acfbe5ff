// Random stalls of the memory: a hash, so that every model of the accelerator meets the same ones
// (contract.md §8).
#pragma once

#include <cstdint>

namespace satsim::dram {

// Extra cycles, 0..7, of beat `beat` of burst `burst` on channel `channel`; 0 without a seed. Bursts are
// numbered in the order of their address handshakes, reads and writes together.
[[nodiscard]] constexpr int stall_cycles(std::uint64_t seed, int channel, std::int64_t burst, int beat) {
    if (seed == 0) return 0;
    const auto mix = [](std::uint64_t z) {  // finaliser of SplitMix64
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    };
    std::uint64_t h = mix(seed + 0x9E3779B97F4A7C15ULL);
    h = mix(h ^ static_cast<std::uint64_t>(burst));
    h = mix(h ^ (static_cast<std::uint64_t>(channel) << 32 | static_cast<std::uint64_t>(beat)));
    return static_cast<int>(h & 7U);
}

}  // namespace satsim::dram
