// A random number that every build draws anew (write_seed.cmake).
#pragma once

#include <cstdint>

namespace satsim {

[[nodiscard]] std::uint64_t build_seed();

}  // namespace satsim
