// Product and sum against an integer implementation: all special pairs, many random ones, and both again with
// the processor's flush-to-zero and denormals-are-zero modes on.
#include "runtime/numerics/accumulate.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <vector>

#include "tests/unit/numerics/integer_reference.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace satsim::numerics {
namespace {

std::uint32_t add_bits(std::uint32_t a, std::uint32_t b) {
    return std::bit_cast<std::uint32_t>(add_rne(std::bit_cast<float>(a), std::bit_cast<float>(b)));
}
std::uint32_t mul_bits(std::uint16_t a, std::uint16_t b) {
    return std::bit_cast<std::uint32_t>(mul_exact({a}, {b}));
}

// Magnitudes around every boundary of binary32; used with both signs.
std::vector<std::uint32_t> special_floats() {
    std::vector<std::uint32_t> magnitudes{
        0x00000000, 0x00000001, 0x00400000, 0x007FFFFF,              // zero, subnormals
        0x00800000, 0x00800001, 0x00FFFFFF, 0x01000000, 0x01000001,  // smallest normals
        0x3F7FFFFF, 0x3F800000, 0x3F800001, 0x3FFFFFFF, 0x40000000,  // around 1 and 2
        0x7F000000, 0x7F7FFFFE, 0x7F7FFFFF,                          // largest
        0x7F800000, 0x7F800001, 0x7FBFFFFF, 0x7FC00000, 0x7FC00001, 0x7FFFFFFF};
    // Half an ulp of 1 and of the largest value, with neighbours: ties, sticky bits, distances 22 to 28.
    for (const std::uint32_t field : {127U, 254U}) {
        for (std::uint32_t distance = 22; distance <= 28; ++distance) {
            for (const std::uint32_t fraction : {0x000000U, 0x000001U, 0x400000U, 0x7FFFFFU}) {
                magnitudes.push_back((field - distance) << 23 | fraction);
            }
        }
    }
    std::vector<std::uint32_t> all = magnitudes;
    for (const std::uint32_t magnitude : magnitudes) all.push_back(magnitude | 0x80000000U);
    return all;
}

void check_special_sums() {
    const std::vector<std::uint32_t> values = special_floats();
    for (const std::uint32_t a : values) {
        for (const std::uint32_t b : values) {
            ASSERT_EQ(add_bits(a, b), reference::add(a, b)) << std::hex << a << " + " << b;
        }
    }
}

void check_random_sums(int pairs) {
    std::mt19937_64 random(2);
    for (int i = 0; i < pairs; ++i) {
        const std::uint64_t r = random();
        auto a = static_cast<std::uint32_t>(r);
        auto b = static_cast<std::uint32_t>(r >> 32);
        const auto field = [](std::uint32_t value, std::uint32_t exponent) {
            return (value & 0x807FFFFFU) | (exponent & 0xFFU) << 23;
        };
        const std::uint32_t near = a >> 23 & 0xFF;
        switch (i % 6) {
            case 0:
                break;  // anything
            case 1:
                b = field(b, near + (b >> 23 & 31));
                break;  // exponents within an addition's reach
            case 2:
                b = (a ^ 0x80000000U) + (b & 15) - 8;
                break;  // near-cancellation, a few ulp
            case 3:
                b = field(b, near - (b >> 31)) ^ ((a ^ b ^ 0x80000000U) & 0x80000000U);
                break;  // of one bit
            case 4:
                a = field(a, a >> 23 & 31), b = field(b, b >> 23 & 31);
                break;  // around the flush
            default:
                a = field(a, 250 + (a >> 23) % 5), b = field(b, 250 + (b >> 23) % 5);  // around overflow
        }
        ASSERT_EQ(add_bits(a, b), reference::add(a, b)) << std::hex << a << " + " << b;
        ASSERT_EQ(add_bits(b, a), add_bits(a, b)) << std::hex << a << " + " << b;
    }
}

void check_special_products() {
    for (const int magnitude : {0x0000, 0x0001, 0x0002, 0x0200, 0x03FF, 0x0400, 0x0401, 0x3BFF, 0x3C00,
                                0x3C01, 0x7BFF, 0x7C00, 0x7C01, 0x7DFF, 0x7E00, 0x7FFF}) {
        for (int b = 0; b < 65536; ++b) {
            for (const int sign : {0, 0x8000}) {
                const auto x = static_cast<std::uint16_t>(magnitude | sign);
                const auto y = static_cast<std::uint16_t>(b);
                ASSERT_EQ(mul_bits(x, y), reference::mul(x, y)) << std::hex << x << " * " << b;
                ASSERT_EQ(mul_bits(y, x), reference::mul(x, y)) << std::hex << b << " * " << x;
            }
        }
    }
}

void check_random_products(int pairs) {
    std::mt19937 random(3);
    for (int i = 0; i < pairs; ++i) {
        const auto r = static_cast<std::uint32_t>(random());
        const auto a = static_cast<std::uint16_t>(r);
        auto b = static_cast<std::uint16_t>(r >> 16);
        if (i % 4 == 0) b &= 0x83FF;  // subnormals are rare otherwise
        ASSERT_EQ(mul_bits(a, b), reference::mul(a, b)) << std::hex << a << " * " << b;
    }
}

TEST(Add, SpecialPairs) {
    check_special_sums();
}
TEST(Add, RandomPairs) {
    check_random_sums(12'000'000);
}
TEST(Mul, SpecialValuesTimesEverything) {
    check_special_products();
}
TEST(Mul, RandomPairs) {
    check_random_products(8'000'000);
}

// Significands decide everything but the exponent: all pairs of normal ones, and of a normal and a subnormal
// one.
TEST(Mul, AllSignificands) {
    for (int a = 0; a < 1024; ++a) {
        for (int b = 0; b < 1024; ++b) {
            const auto x = static_cast<std::uint16_t>(0x3C00 | a);
            for (const int exponent : {0x0000, 0x3C00}) {
                const auto y = static_cast<std::uint16_t>(exponent | b);
                ASSERT_EQ(mul_bits(x, y), reference::mul(x, y)) << std::hex << x << " * " << y;
            }
        }
    }
}

TEST(Mul, IsExact) {
    std::mt19937 random(4);
    for (int i = 0; i < 1'000'000; ++i) {
        const Fp16 a{static_cast<std::uint16_t>(random() & 0xFBFF)};  // finite
        const Fp16 b{static_cast<std::uint16_t>(random() & 0xFBFF)};
        const double exact = static_cast<double>(to_float(a)) * static_cast<double>(to_float(b));
        ASSERT_EQ(static_cast<double>(mul_exact(a, b)), exact);
    }
}

TEST(Add, TruthTable) {
    constexpr std::uint32_t one = 0x3F800000;
    constexpr std::uint32_t inf = 0x7F800000;
    constexpr std::uint32_t sign = 0x80000000;
    constexpr std::uint32_t nan = 0x7FC00000;
    EXPECT_EQ(add_bits(one, one | sign), 0U);
    EXPECT_EQ(add_bits(0, 0), 0U);
    EXPECT_EQ(add_bits(0, sign), 0U);
    EXPECT_EQ(add_bits(sign, sign), sign);
    EXPECT_EQ(add_bits(0x007FFFFF, 0x80000001), 0U);           // +0 + -0 after the inputs' flush
    EXPECT_EQ(add_bits(0x80000001, 0x80000001), sign);         // -0 + -0
    EXPECT_EQ(add_bits(0x00800001, 0x80800000), 0U);           // 2^-149, flushed
    EXPECT_EQ(add_bits(0x80800001, 0x00800000), sign);         // -2^-149, flushed, sign kept
    EXPECT_EQ(add_bits(0x00800000, 0x007FFFFF), 0x00800000U);  // a subnormal input adds nothing
    EXPECT_EQ(add_bits(inf, inf | sign), nan);
    EXPECT_EQ(add_bits(inf, inf), inf);
    EXPECT_EQ(add_bits(inf | sign, one), inf | sign);
    EXPECT_EQ(add_bits(0xFFFFFFFF, one), nan);
    EXPECT_EQ(add_bits(0x7F7FFFFF, 0x73000000), inf);  // half an ulp: the tie goes up to infinity
    EXPECT_EQ(add_bits(0x7F7FFFFF, 0x72FFFFFF), 0x7F7FFFFFU);
    EXPECT_EQ(add_bits(one, 0x33800000), one);  // half an ulp: the tie goes to even
    EXPECT_EQ(add_bits(one + 1, 0x33800000), one + 2);
}

TEST(Mul, TruthTable) {
    EXPECT_EQ(mul_bits(0x7C00, 0x0000), 0x7FC00000U);
    EXPECT_EQ(mul_bits(0x8000, 0x7C00), 0x7FC00000U);
    EXPECT_EQ(mul_bits(0xFC00, 0x0001), 0xFF800000U);
    EXPECT_EQ(mul_bits(0xFFFF, 0x0000), 0x7FC00000U);
    EXPECT_EQ(mul_bits(0x8000, 0x3C00), 0x80000000U);
    EXPECT_EQ(mul_bits(0x8000, 0x8000), 0x00000000U);
    EXPECT_EQ(mul_bits(0x0001, 0x8001), 0xA7800000U);  // -2^-48, normal in FP32
    EXPECT_EQ(mul_bits(0x7BFF, 0x7BFF), 0x4F7FC004U);
}

TEST(Canonical, FlushesAndUnifies) {
    for (const std::uint32_t bits : special_floats()) {
        const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
        std::uint32_t expected = bits;
        if (magnitude < 0x00800000U) expected = bits & 0x80000000U;
        if (magnitude > 0x7F800000U) expected = 0x7FC00000U;
        EXPECT_EQ(std::bit_cast<std::uint32_t>(canonical(std::bit_cast<float>(bits))), expected)
            << std::hex << bits;
    }
}

TEST(Constexpr, TheCompilerComputesTheSame) {
    static_assert(std::bit_cast<std::uint32_t>(mul_exact({0x3C01}, {0xBC01})) == 0xBF804008U);
    static_assert(std::bit_cast<std::uint32_t>(add_rne(1.0F, -1.0F)) == 0U);
    static_assert(to_fp16(65520.0F).bits == 0x7C00);
}

#if defined(__x86_64__)
class FlushModes : public testing::Test {
  protected:
    static constexpr unsigned kFlushToZero = 0x8000;
    static constexpr unsigned kDenormalsAreZero = 0x0040;
    void SetUp() override { _mm_setcsr(saved_ | kFlushToZero | kDenormalsAreZero); }
    void TearDown() override { _mm_setcsr(saved_); }

  private:
    unsigned saved_ = _mm_getcsr();
};

TEST_F(FlushModes, SumsAreTheSame) {
    check_special_sums();
    check_random_sums(1'000'000);
}
TEST_F(FlushModes, ProductsAreTheSame) {
    check_special_products();
    check_random_products(1'000'000);
}
TEST_F(FlushModes, ConversionsAreTheSame) {
    for (int h = 0; h < 0x7C00; ++h) {
        const auto half = static_cast<std::uint16_t>(h);
        ASSERT_EQ(to_fp16(to_float({half})).bits, half);
    }
}
#endif

}  // namespace
}  // namespace satsim::numerics
