// A random number that every build draws anew (write_seed.cmake).
#pragma once

#include <cstdint>
#include <cstdlib>

namespace satsim {

[[nodiscard]] std::uint64_t build_seed();

// SATSIM_FAST_SEED, or the build's.
[[nodiscard]] inline std::uint64_t chosen_seed() {
    const char* given = std::getenv("SATSIM_FAST_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : build_seed();
}

}  // namespace satsim
