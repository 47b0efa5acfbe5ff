#include "runtime/numerics/fp16.hpp"

#include <cstddef>
#include <stdexcept>

#if defined(__x86_64__)
#include <immintrin.h>
#define SATSIM_HAS_F16C 1
#endif

namespace satsim::numerics {
namespace {

// to_float() and to_fp16() without branches, so that the compiler vectorises loops over them. Both candidates
// are always computed and one is selected by a mask; GCC 12 turns a mask made by a comparison back into a
// branch.
std::uint32_t select_below(std::uint32_t value, std::uint32_t limit, std::uint32_t yes, std::uint32_t no) {
    const auto mask = static_cast<std::uint32_t>(static_cast<std::int32_t>(value - limit) >> 31);
    return (yes & mask) | (no & ~mask);
}

float widen(std::uint16_t half) {
    const std::uint32_t magnitude = half & 0x7FFFU;
    const std::uint32_t sign = (half & 0x8000U) << 16;
    const auto small = std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<std::int32_t>(magnitude)) *
                                                    0x1p-24F);  // right below 2^-14
    std::uint32_t result = select_below(magnitude, 0x0400U, small, (magnitude << 13) + 0x38000000U);
    result = select_below(magnitude, 0x7C00U, result, 0x7F800000U) | sign;
    return std::bit_cast<float>(select_below(magnitude, 0x7C01U, result, 0x7FC00000U));
}

std::uint16_t narrow(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    const std::uint32_t sign = (bits >> 16) & 0x8000U;
    // A unit in the last place of [0.5, 1) is 2^-24, the step of FP16 subnormals: the addition does the
    // rounding.
    const std::uint32_t small =
        std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F) - 0x3F000000U;
    const std::uint32_t normal = (magnitude + 0xFFFU + ((magnitude >> 13) & 1U) - 0x38000000U) >> 13;
    std::uint32_t result = select_below(magnitude, 0x38800000U, small, normal);
    result = select_below(magnitude, 0x477FF000U, result, 0x7C00U) | sign;
    return static_cast<std::uint16_t>(select_below(magnitude, 0x7F800001U, result, kFp16Nan));
}

void widen_all(const Fp16* in, float* out, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) out[i] = widen(in[i].bits);
}

void narrow_all(const float* in, Fp16* out, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) out[i].bits = narrow(in[i]);
}

#ifdef SATSIM_HAS_F16C
constexpr std::size_t kLanes = 8;

// The instruction keeps the payload of a NaN; the rule does not.
__attribute__((target("avx2,f16c"))) std::size_t widen_f16c(const Fp16* in, float* out, std::size_t count) {
    const __m256 nan = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FC00000));
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        const __m256 x = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i)));
        _mm256_storeu_ps(out + i, _mm256_blendv_ps(x, nan, _mm256_cmp_ps(x, x, _CMP_UNORD_Q)));
    }
    return i;
}

__attribute__((target("avx2,f16c"))) std::size_t narrow_f16c(const float* in, Fp16* out, std::size_t count) {
    const __m256 nan = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FC00000));
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        const __m256 x = _mm256_loadu_ps(in + i);
        const __m256 y = _mm256_blendv_ps(x, nan, _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm256_cvtps_ph(y, _MM_FROUND_TO_NEAREST_INT));
    }
    return i;
}
#endif

void check_lengths(std::size_t in, std::size_t out) {
    if (in != out) throw std::invalid_argument("FP16 array conversion: input and output differ in length");
}

}  // namespace

void to_float_array(std::span<const Fp16> in, std::span<float> out, [[maybe_unused]] VectorLevel level) {
    check_lengths(in.size(), out.size());
    std::size_t done = 0;
#ifdef SATSIM_HAS_F16C
    if (level != VectorLevel::Baseline) done = widen_f16c(in.data(), out.data(), in.size());
#endif
    widen_all(in.data() + done, out.data() + done, in.size() - done);
}

void to_fp16_array(std::span<const float> in, std::span<Fp16> out, [[maybe_unused]] VectorLevel level) {
    check_lengths(in.size(), out.size());
    std::size_t done = 0;
#ifdef SATSIM_HAS_F16C
    if (level != VectorLevel::Baseline) done = narrow_f16c(in.data(), out.data(), in.size());
#endif
    narrow_all(in.data() + done, out.data() + done, in.size() - done);
}

}  // namespace satsim::numerics
