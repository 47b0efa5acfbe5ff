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

[[nodiscard]] constexpr float mul_rne(float a, float b) {
    return canonical(canonical(a) * canonical(b));
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
    return canonical(canonical(a) / canonical(b));
}
[[nodiscard]] inline float sqrt_rne(float a) {
    return canonical(std::sqrt(canonical(a)));
}

}  // namespace satsim::vector
