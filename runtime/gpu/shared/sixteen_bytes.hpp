// What one access moves: 16 bytes of neighbouring elements, which must begin at 16 bytes.
#pragma once

#include <cstdint>

#include "runtime/gpu/shared/host_device.hpp"

namespace satsim::gpu {

inline constexpr int kHalvesAtOnce = 8;
struct alignas(16) EightHalves {
    std::uint16_t v[kHalvesAtOnce];
};
struct alignas(16) FourFloats {
    float v[4];
};

SATSIM_HD inline EightHalves load_eight_halves(const std::uint16_t* from) {
    return load_16_bytes<EightHalves>(from);
}
// Two accesses.
SATSIM_HD inline void load_eight_floats(const float* from, float* to) {
    const auto front = load_16_bytes<FourFloats>(from);
    const auto back = load_16_bytes<FourFloats>(from + 4);
    SATSIM_UNROLL
    for (int e = 0; e < 4; ++e) {
        to[e] = front.v[e];
        to[e + 4] = back.v[e];
    }
}

}  // namespace satsim::gpu
