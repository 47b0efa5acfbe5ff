// IEEE binary16 as it lies in memory, and its exact conversions. docs/architecture/numerics.md.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "runtime/numerics/vector_level.hpp"

namespace satsim {

// One FP16 value: its 16 bits. Arithmetic is done in FP32 (accumulate.hpp).
struct Fp16 {
    std::uint16_t bits = 0;
    bool operator==(const Fp16&) const = default;
    [[nodiscard]] constexpr std::uint16_t magnitude() const { return bits & 0x7FFFU; }
    [[nodiscard]] constexpr bool is_zero() const { return magnitude() == 0; }
};

namespace numerics {

inline constexpr std::uint16_t kFp16Nan = 0x7E00;

// Exact; subnormals included. Every NaN becomes 0x7FC00000.
[[nodiscard]] constexpr float to_float(Fp16 value) {
    const std::uint32_t sign = static_cast<std::uint32_t>(value.bits & 0x8000U) << 16;
    const std::uint32_t exponent = (value.bits >> 10) & 0x1FU;
    const std::uint32_t fraction = value.bits & 0x3FFU;
    if (exponent == 0x1F) {
        return std::bit_cast<float>(fraction == 0 ? sign | 0x7F800000U : 0x7FC00000U);
    }
    if (exponent == 0) {
        // fraction * 2^-24, which FP32 holds as a normal number (or zero).
        const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
        return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
    }
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
}

// Round to nearest, ties to even. Overflow gives infinity, subnormal results are kept, every NaN becomes
// 0x7E00.
[[nodiscard]] constexpr Fp16 to_fp16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U) return {kFp16Nan};
    if (magnitude >= 0x477FF000U)
        return {static_cast<std::uint16_t>(sign | 0x7C00U)};  // rounds to 2^16 or more
    if (magnitude < 0x38800000U) {
        // Below 2^-14: the result is a multiple of 2^-24. Shift the significand there and round.
        const std::uint32_t exponent = magnitude >> 23;
        if (exponent < 102) return {sign};  // below 2^-25: rounds to zero
        const std::uint32_t significand = (magnitude & 0x7FFFFFU) | 0x800000U;
        const std::uint32_t shift = 126 - exponent;  // 14..24
        const std::uint32_t kept = significand >> shift;
        const std::uint32_t rest = significand & ((1U << shift) - 1);
        const std::uint32_t half = 1U << (shift - 1);
        const std::uint32_t up = (rest > half || (rest == half && (kept & 1U) != 0)) ? 1 : 0;
        return {static_cast<std::uint16_t>(sign | (kept + up))};
    }
    const std::uint32_t rounded = magnitude + 0xFFFU + ((magnitude >> 13) & 1U);
    return {static_cast<std::uint16_t>(sign | ((rounded - 0x38000000U) >> 13))};
}

// The nearest FP16 value, or what to_fp16() makes of it.
[[nodiscard]] constexpr float round_to_fp16(float value) {
    return to_float(to_fp16(value));
}

// The same for arrays: out[i] = to_float(in[i]), out[i] = to_fp16(in[i]), the same bits at every level.
// Both spans have the same length and do not overlap; std::invalid_argument if the lengths differ.
// `level` is for tests and benchmarks; it must not exceed best_vector_level().
void to_float_array(std::span<const Fp16> in, std::span<float> out, VectorLevel level = best_vector_level());
void to_fp16_array(std::span<const float> in, std::span<Fp16> out, VectorLevel level = best_vector_level());

}  // namespace numerics
}  // namespace satsim
