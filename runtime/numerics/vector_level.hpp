// Which vector instructions a kernel may use. Every kernel gives the same bits at every level; the levels are
// explicit so that a test can run each of them on one machine (an ifunc would show it only the best one).
#pragma once

#include <array>
#include <cstdint>

namespace satsim::numerics {

enum class VectorLevel : std::uint8_t {
    Baseline,  // what every processor of the architecture has (x86-64: SSE2)
    Avx2,      // x86-64 with AVX2 and F16C
    Avx512,    // the same with AVX-512 F, BW, VL and DQ
};

inline constexpr std::array kVectorLevels{VectorLevel::Baseline, VectorLevel::Avx2, VectorLevel::Avx512};

// The highest level that this processor and its operating system support. Cheap: found once.
[[nodiscard]] VectorLevel best_vector_level();

[[nodiscard]] const char* to_string(VectorLevel level);

}  // namespace satsim::numerics
