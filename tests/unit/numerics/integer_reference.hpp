// fp16_mul and fp32_add as hardware does them: integers only, bits in and bits out. Written from the tables
// of docs/architecture/numerics.md, independently of runtime/numerics, so that each checks the other.
#pragma once

#include <bit>
#include <cstdint>

namespace satsim::numerics::reference {

inline constexpr std::uint32_t kNan = 0x7FC00000U;
inline constexpr std::uint32_t kInfinity = 0x7F800000U;

// binary16 x binary16 -> binary32
inline std::uint32_t mul(std::uint16_t a, std::uint16_t b) {
    const std::uint32_t sign = static_cast<std::uint32_t>((a ^ b) & 0x8000) << 16;
    const int a_field = a >> 10 & 0x1F;
    const int b_field = b >> 10 & 0x1F;
    const std::uint32_t a_fraction = a & 0x3FFU;
    const std::uint32_t b_fraction = b & 0x3FFU;
    const bool a_zero = a_field == 0 && a_fraction == 0;
    const bool b_zero = b_field == 0 && b_fraction == 0;
    if ((a_field == 31 && a_fraction != 0) || (b_field == 31 && b_fraction != 0)) return kNan;
    if (a_field == 31 || b_field == 31) return a_zero || b_zero ? kNan : sign | kInfinity;
    if (a_zero || b_zero) return sign;

    // Value = product * 2^(a_exponent + b_exponent - 50), the exponent of a subnormal being that of field 1.
    const std::uint32_t a_significand = a_fraction | (a_field == 0 ? 0U : 0x400U);
    const std::uint32_t b_significand = b_fraction | (b_field == 0 ? 0U : 0x400U);
    const int exponents = (a_field == 0 ? 1 : a_field) + (b_field == 0 ? 1 : b_field);
    const std::uint32_t product = a_significand * b_significand;
    const int leading = 31 - std::countl_zero(product);  // 0..21
    const std::uint32_t fraction = (product << (23 - leading)) & 0x7FFFFFU;
    return sign | static_cast<std::uint32_t>(leading + exponents + 77) << 23 | fraction;
}

// binary32 + binary32 -> binary32, subnormal operands and results flushed to zeros of their sign
inline std::uint32_t add(std::uint32_t a, std::uint32_t b) {
    constexpr int kBelow = 26;  // bits kept below the significand of the larger operand
    if ((a & 0x7FFFFFFFU) < (b & 0x7FFFFFFFU)) {
        const std::uint32_t larger = b;
        b = a;
        a = larger;
    }
    const int a_field = static_cast<int>(a >> 23 & 0xFF);
    const int b_field = static_cast<int>(b >> 23 & 0xFF);
    const std::uint32_t sign = a & 0x80000000U;
    const bool subtract = ((a ^ b) & 0x80000000U) != 0;
    if (a_field == 255) {
        const bool nan = (a & 0x7FFFFFU) != 0 || (b_field == 255 && subtract);
        return nan ? kNan : sign | kInfinity;
    }
    if (a_field == 0) return a & b & 0x80000000U;  // two zeros
    if (b_field == 0) return a;

    const std::uint64_t large = std::uint64_t{(a & 0x7FFFFFU) | 0x800000U} << kBelow;
    const std::uint64_t small = std::uint64_t{(b & 0x7FFFFFU) | 0x800000U} << kBelow;
    const int distance = a_field - b_field;
    std::uint64_t aligned = 1;  // only a sticky bit is left of an operand far below
    if (distance < 50) {
        const std::uint64_t lost = small & ((std::uint64_t{1} << distance) - 1);
        aligned = small >> distance | (lost != 0 ? 1U : 0U);
    }
    const std::uint64_t sum = subtract ? large - aligned : large + aligned;
    if (sum == 0) return 0;

    const int leading = 63 - std::countl_zero(sum);
    int field = a_field + leading - (23 + kBelow);
    const int drop = leading - 23;  // bits below the result's significand
    std::uint64_t significand = 0;
    if (drop <= 0) {
        significand = sum << -drop;
    } else {
        const std::uint64_t rest = sum & ((std::uint64_t{1} << drop) - 1);
        const std::uint64_t half = std::uint64_t{1} << (drop - 1);
        significand = sum >> drop;
        if (rest > half || (rest == half && (significand & 1U) != 0)) ++significand;
    }
    if (significand == std::uint64_t{1} << 24) {
        significand >>= 1;
        ++field;
    }
    if (field <= 0) return sign;
    if (field >= 255) return sign | kInfinity;
    return sign | static_cast<std::uint32_t>(field) << 23 |
           static_cast<std::uint32_t>(significand & 0x7FFFFFU);
}

}  // namespace satsim::numerics::reference
