// The arithmetic of one WUVE lane, bit for bit; docs/architecture/vector.md §3.
//
// Every result is IEEE binary32, rounded to nearest even, of canonical inputs, then made canonical. A
// multiply-add rounds twice. IEEE rounding comes first: a tiny product that rounds up to 2^-126 stays.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "runtime/numerics/accumulate.hpp"

namespace satsim::vector {

using numerics::add_rne;
using numerics::canonical;

// The flush of a result whose magnitude is below 2^-126, given exactly or rounded to binary64: a zero of its
// sign, except where binary32 rounding at the subnormal position carries it to 2^-126 (ties to even). Keeps
// the processor's flush-to-zero mode, which flushes before it rounds, out of the result.
[[nodiscard]] constexpr float flushed(double tiny) {
    constexpr float kSmallest = 0x1p-126F;
    const bool carries = tiny >= 0x1.FFFFFEp-127 || tiny <= -0x1.FFFFFEp-127;
    const float magnitude = carries ? kSmallest : 0.0F;
    return std::bit_cast<std::uint64_t>(tiny) >> 63 != 0 ? -magnitude : magnitude;
}
[[nodiscard]] constexpr bool is_tiny(double value) {
    return value < 0x1p-126 && value > -0x1p-126;
}

[[nodiscard]] constexpr float mul_rne(float a, float b) {
    const double exact = double{canonical(a)} * double{canonical(b)};  // 48 bits
    return is_tiny(exact) ? flushed(exact) : canonical(static_cast<float>(exact));
}
[[nodiscard]] constexpr float mad_rne(float a, float b, float c) {
    return add_rne(mul_rne(a, b), c);
}

// Sign flip; NaN stays the canonical NaN.
[[nodiscard]] constexpr float negated(float value) {
    return canonical(std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) ^ 0x80000000U));
}
// c - a*b
[[nodiscard]] constexpr float negative_mad_rne(float a, float b, float c) {
    return add_rne(negated(mul_rne(a, b)), c);
}

// Values below zero and -0 become +0; NaN stays.
[[nodiscard]] constexpr float relu(float value) {
    const float v = canonical(value);
    return v <= 0.0F ? 0.0F : v;
}
// `value` where `test` is above zero, else +0 (also where it is NaN).
[[nodiscard]] constexpr float gate(float value, float test) {
    return canonical(test) > 0.0F ? canonical(value) : 0.0F;
}

// Correctly rounded. x/0 = Inf, 0/0 = Inf/Inf = NaN; sqrt(-0) = -0, sqrt(x < 0) = NaN.
[[nodiscard]] inline float div_rne(float a, float b) {
    // Rounding to binary64 first changes nothing: 53 bits are more than twice 24 and two, and no quotient of
    // two 24-bit significands lies as near to flushed()'s border without being on it.
    const double quotient = double{canonical(a)} / double{canonical(b)};
    return is_tiny(quotient) ? flushed(quotient) : canonical(static_cast<float>(quotient));
}
[[nodiscard]] inline float sqrt_rne(float a) {
    return canonical(std::sqrt(canonical(a)));
}

}  // namespace satsim::vector
