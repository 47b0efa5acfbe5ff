// The two operations of a USPE, bit for bit as the hardware does them; truth tables are in
// docs/architecture/numerics.md.
//
// Independent of the flush and denormal modes of MXCSR: subnormals and NaNs are
// handled by explicit code. Rounding is the default mode of C++ (to nearest even), which satsim never
// changes. Build with -ffp-contract=off (cmake/SatsimDefaults.cmake sets it).
#pragma once

#include <bit>
#include <cstdint>

#include "runtime/numerics/fp16.hpp"

namespace satsim::numerics {

// A value as it may stand in a register: exponent 0 becomes a zero of the same sign, every NaN becomes
// 0x7FC00000.
[[nodiscard]] constexpr float canonical(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    const std::uint32_t flushed = magnitude < 0x00800000U ? bits & 0x80000000U : bits;
    return std::bit_cast<float>(magnitude > 0x7F800000U ? 0x7FC00000U : flushed);
}

// The product is exact: 22 significant bits, exponent within FP32's normal range. Only NaN needs care (Inf *
// 0, NaN).
[[nodiscard]] constexpr float mul_exact(Fp16 a, Fp16 b) {
    return canonical(to_float(a) * to_float(b));
}

// binary32 round to nearest even of the canonical inputs, made canonical. Sums in the subnormal range are
// exact, so flushing before rounding and after it is the same. x + (-x) = +0, +0 + -0 = +0, -0 + -0 = -0, Inf
// - Inf = NaN.
[[nodiscard]] constexpr float add_rne(float a, float b) {
    return canonical(canonical(a) + canonical(b));
}

}  // namespace satsim::numerics
