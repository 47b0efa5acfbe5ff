// Operands for the arithmetic units: every kind of value beside every other, and random pairs that seek what
// uniform bits do not meet, namely ties, cancellation, carries, the flush and overflow.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace satsim::rtl_bench {

struct Halves {
    std::uint16_t a, b;
};
struct Floats {
    std::uint32_t a, b;
};

// Zeros, ones, infinities, NaNs (quiet and signalling, several payloads), smallest and largest subnormal and
// normal values, and their neighbours, of both signs: 180 values.
inline std::vector<std::uint16_t> special_halves() {
    std::vector<std::uint16_t> all;
    for (const int exponent : {0, 1, 2, 14, 15, 16, 29, 30, 31}) {
        for (const int fraction : {0, 1, 2, 3, 0x0FF, 0x1FF, 0x200, 0x201, 0x3FE, 0x3FF}) {
            for (const int sign : {0, 0x8000})
                all.push_back(static_cast<std::uint16_t>(sign | exponent << 10 | fraction));
        }
    }
    return all;
}

// The same of binary32 (316 values): around every boundary, and at every distance from 1 and from the largest
// value that alignment tells apart, with fractions on both sides of the half.
inline std::vector<std::uint32_t> special_floats() {
    std::vector<std::uint32_t> magnitudes{0x00000000, 0x00000001, 0x007FFFFF, 0x00800000, 0x00800001,
                                          0x00FFFFFF, 0x01000000, 0x7F7FFFFE, 0x7F7FFFFF, 0x7F800000,
                                          0x7F800001, 0x7FBFFFFF, 0x7FC00000, 0x7FFFFFFF};
    for (const std::uint32_t field : {127U, 254U}) {
        for (const std::uint32_t distance : {0U, 1U, 2U, 3U, 22U, 23U, 24U, 25U, 26U, 27U, 28U, 29U}) {
            for (const std::uint32_t fraction :
                 {0x000000U, 0x000001U, 0x3FFFFFU, 0x400000U, 0x400001U, 0x7FFFFFU}) {
                magnitudes.push_back((field - distance) << 23 | fraction);
            }
        }
    }
    std::vector<std::uint32_t> all = magnitudes;
    for (const std::uint32_t magnitude : magnitudes) all.push_back(magnitude | 0x80000000U);
    return all;
}

inline std::uint32_t with_field(std::uint32_t value, std::uint32_t field) {
    return (value & 0x807FFFFFU) | (field & 0xFFU) << 23;
}

class RandomPairs {
  public:
    explicit RandomPairs(std::uint64_t seed) : rng_(seed) {}

    // For fp16_mul, whose products are exact: anything, and more subnormals than uniform bits have.
    Halves halves() {
        const std::uint64_t r = rng_();
        const auto kind = count_++;
        auto a = static_cast<std::uint16_t>(r);
        auto b = static_cast<std::uint16_t>(r >> 16);
        if (kind % 4 == 1) a &= 0x83FF;
        if (kind % 8 >= 6) b &= 0x83FF;
        return {a, b};
    }

    // For fp32_add.
    Floats summands() {
        auto [a, b] = anything();
        const std::uint32_t field = a >> 23 & 0xFF;
        switch (count_++ % 9) {
            case 0:
                return {a, b};
            case 1:  // exponents within an addition's reach
                return {a, with_field(b, field + (b >> 23 & 31))};
            case 2:  // cancellation to a few units of the last place
                return {a, (a ^ 0x80000000U) + (b & 15) - 8};
            case 3:  // cancellation across one exponent
                return {a, (with_field(b, field - (b >> 31)) & 0x7FFFFFFFU) | (~a & 0x80000000U)};
            case 4:  // around the flush
                return {with_field(a, field & 31), with_field(b, b >> 23 & 31)};
            case 5:  // around overflow
                return {with_field(a, 250 + field % 5), with_field(b, 250 + (b >> 23) % 5)};
            case 6:  // all ones: a carry through the whole significand
                return {a | 0x7FFFFFU, with_field(b, field - (b >> 23 & 31))};
            default:  // a tie, or one unit beside it
                return tie(a, b);
        }
    }

    // For fp32_mul.
    Floats factors() {
        auto [a, b] = anything();
        const auto field = static_cast<int>(a >> 23 & 0xFF);
        const int spread = static_cast<int>(rng_() & 3) - 2;
        switch (count_++ % 6) {
            case 0:
                return {a, b};
            case 1:  // product around the flush
                return {a, with_field(b, static_cast<std::uint32_t>(127 + spread - field))};
            case 2:  // around overflow
                return {a, with_field(b, static_cast<std::uint32_t>(382 + spread - field))};
            case 3:  // significands near two: carries
                return {a | 0x7FFF80U, b | 0x7FFF80U};
            default: {  // significands of t and 25 or 26 - t bits: products of 24 to 26 bits, half of 25 a
                        // tie
                const std::uint32_t t = 2 + static_cast<std::uint32_t>(rng_() % 22);  // 2..23
                const std::uint32_t u = 25 + (a & 1) - t;
                a = with_field(a, 80 + (a >> 23) % 90);
                b = with_field(b, 80 + (b >> 23) % 90);
                return {odd_significand(a, t), odd_significand(b, u)};
            }
        }
    }

    // For fp32_div_sqrt: a/b, and the root of a.
    Floats ratio() {
        auto [a, b] = anything();
        const auto field = static_cast<int>(a >> 23 & 0xFF);
        const int spread = static_cast<int>(rng_() & 3) - 2;
        const auto wanted = static_cast<float>(1.0 + static_cast<double>(rng_() & 0x1FFFFFF) * 0x1p-25);
        switch (count_++ % 6) {
            case 0:
                return {a, b};
            case 1:  // quotient around the flush
                return {a, with_field(b, static_cast<std::uint32_t>(127 + field - spread))};
            case 2:  // around overflow
                return {a, with_field(b, static_cast<std::uint32_t>(field - 128 - spread))};
            case 3:  // around one
                return {with_field(b, static_cast<std::uint32_t>(field)) + (a & 15) - 8,
                        with_field(b, static_cast<std::uint32_t>(field))};
            case 4:  // quotient next to a value or the middle of two
                b = with_field(b, 90 + static_cast<std::uint32_t>(field % 70));
                return {rounded(double{wanted} * half_step() * double{std::bit_cast<float>(b)}), b};
            default: {  // root next to a value or the middle of two
                const double root = double{wanted} * half_step() * (1 + (field & 1));
                return {rounded(std::ldexp(root * root, 2 * (field % 50 - 25))), b};
            }
        }
    }

  private:
    Floats anything() {
        const std::uint64_t r = rng_();
        return {static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(r >> 32)};
    }

    // b's bits below a's last place are a half, or one of b's units more or less; the place moves by one
    // where the sum carries or cancels.
    Floats tie(std::uint32_t a, std::uint32_t b) {
        const std::uint32_t distance = 1 + static_cast<std::uint32_t>(rng_() % 24);
        a = with_field(a, 30 + (a >> 23) % 220);
        b = with_field(b, (a >> 23 & 0xFF) - distance);
        const std::uint32_t half_at = distance - 1 + static_cast<std::uint32_t>(rng_() % 3) - 1;
        if (half_at >= 23) return {a, (b & 0xFF800000U) + (b & 1)};  // the hidden one is the half
        b = (b & ~((2U << half_at) - 1)) | 1U << half_at;
        return {a, b + static_cast<std::uint32_t>(rng_() % 3) - 1};
    }

    // `bits` (at least 2) leading bits of a significand, the last of them one.
    static std::uint32_t odd_significand(std::uint32_t value, std::uint32_t bits) {
        const std::uint32_t last = 1U << (24 - bits);
        return (value & ~(last - 1)) | last;
    }

    // 1, or half a unit of the last place more.
    double half_step() { return (rng_() & 1) != 0 ? 1.0 : 1.0 + 0x1p-24; }
    static std::uint32_t rounded(double value) {
        return std::bit_cast<std::uint32_t>(static_cast<float>(value));
    }

    std::mt19937_64 rng_;
    std::uint64_t count_ = 0;
};

}  // namespace satsim::rtl_bench
