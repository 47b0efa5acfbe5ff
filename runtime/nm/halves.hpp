// FP16 arrays seen as the 16-bit words that the kernels work on. Internal.
#pragma once

#include <cstdint>

#include "runtime/numerics/fp16.hpp"

namespace satsim::nm {

static_assert(sizeof(Fp16) == sizeof(std::uint16_t));

// A pointer to a struct may be used as one to its first member; an array of them has no gaps. Kernels copy
// whole vectors to and from it with memcpy.
inline const std::uint16_t* halves(const Fp16* values) {
    return reinterpret_cast<const std::uint16_t*>(values);
}
inline std::uint16_t* halves(Fp16* values) {
    return reinterpret_cast<std::uint16_t*>(values);
}

}  // namespace satsim::nm
