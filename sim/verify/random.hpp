// Draws of the random programs; everything follows from the generator's seed.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

namespace satsim::verify {

// low..high, both included.
inline int pick(std::mt19937_64& rng, int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(rng);
}

inline bool one_in(std::mt19937_64& rng, int n) {
    return pick(rng, 1, n) == 1;
}

// Sizes that leave tiles, groups and lines ragged: one, primes, and one beside a power of two.
inline constexpr std::array kOddSizes{1,  2,  3,  5,  7,  9,  11, 13, 15, 17,  19,  23,  29,  31,  33,
                                      37, 41, 47, 53, 61, 63, 65, 67, 97, 101, 127, 129, 131, 251, 257};

// 1 to `high`; every third time one of the odd sizes.
inline int pick_size(std::mt19937_64& rng, int high) {
    if (pick(rng, 0, 2) != 0) return pick(rng, 1, high);
    const auto end = std::upper_bound(kOddSizes.begin(), kOddSizes.end(), high);
    return kOddSizes[static_cast<std::size_t>(pick(rng, 0, static_cast<int>(end - kOddSizes.begin()) - 1))];
}

// An independent seed for number `index` of a series (splitmix64).
constexpr std::uint64_t mixed_seed(std::uint64_t seed, std::uint64_t index) {
    std::uint64_t x = seed * 0x9E3779B97F4A7C15 + (index + 1) * 0xD1B54A32D192ED03;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
}

}  // namespace satsim::verify
