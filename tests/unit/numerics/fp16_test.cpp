// FP16 conversions against a definition by real numbers, and the array versions against the scalar ones.
#include "runtime/numerics/fp16.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

namespace satsim::numerics {
namespace {

constexpr int kHalves = 65536;

std::uint32_t bits_of(float value) {
    return std::bit_cast<std::uint32_t>(value);
}
float float_of(std::uint32_t bits) {
    return std::bit_cast<float>(bits);
}

// The value of the standard's definition; finite inputs only.
double defined_value(std::uint16_t half) {
    const int exponent = (half >> 10) & 0x1F;
    const int fraction = half & 0x3FF;
    const double magnitude =
        exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

TEST(ToFloat, IsTheDefinedValueForEveryFiniteInput) {
    for (int h = 0; h < kHalves; ++h) {
        const auto half = static_cast<std::uint16_t>(h);
        if ((half & 0x7C00) == 0x7C00) continue;
        const float value = to_float({half});
        ASSERT_EQ(static_cast<double>(value), defined_value(half)) << std::hex << h;
        ASSERT_EQ(std::signbit(value), (half & 0x8000) != 0) << std::hex << h;
        ASSERT_EQ(to_fp16(value).bits, half) << std::hex << h;
    }
}

TEST(ToFloat, KeepsInfinitiesAndUnifiesNans) {
    for (int h = 0; h < kHalves; ++h) {
        const auto half = static_cast<std::uint16_t>(h);
        if ((half & 0x7C00) != 0x7C00) continue;
        const std::uint32_t sign = (half & 0x8000U) << 16;
        const std::uint32_t expected = (half & 0x3FF) == 0 ? sign | 0x7F800000U : 0x7FC00000U;
        ASSERT_EQ(bits_of(to_float({half})), expected) << std::hex << h;
        if ((half & 0x3FF) != 0) {
            ASSERT_EQ(to_fp16(to_float({half})).bits, kFp16Nan);
        }
    }
}

// Between each two neighbours of FP16: just below the middle goes down, just above it up, the middle to the
// even one.
TEST(ToFp16, RoundsToNearestEvenBetweenAllNeighbours) {
    for (std::uint16_t half = 0; half < 0x7C00; ++half) {
        const double low = defined_value(half);
        const double high = half == 0x7BFF ? 65536.0 : defined_value(static_cast<std::uint16_t>(half + 1));
        const auto middle = static_cast<float>((low + high) / 2);  // exact: one more bit than FP16 has
        const auto up = static_cast<std::uint16_t>(half + 1);      // 0x7BFF + 1 is infinity
        const std::uint16_t even = (half & 1) == 0 ? half : up;
        ASSERT_EQ(to_fp16(middle).bits, even) << std::hex << half;
        ASSERT_EQ(to_fp16(std::nextafter(middle, 0.0F)).bits, half) << std::hex << half;
        ASSERT_EQ(to_fp16(std::nextafter(middle, INFINITY)).bits, up) << std::hex << half;
        ASSERT_EQ(to_fp16(-middle).bits, even | 0x8000) << std::hex << half;
    }
}

TEST(ToFp16, SpecialValues) {
    EXPECT_EQ(to_fp16(INFINITY).bits, 0x7C00);
    EXPECT_EQ(to_fp16(-INFINITY).bits, 0xFC00);
    EXPECT_EQ(to_fp16(float_of(0x7F7FFFFF)).bits, 0x7C00);  // largest FP32
    EXPECT_EQ(to_fp16(65504.0F).bits, 0x7BFF);
    EXPECT_EQ(to_fp16(float_of(0x477FEFFF)).bits, 0x7BFF);  // just below 65520
    EXPECT_EQ(to_fp16(65520.0F).bits, 0x7C00);              // the tie goes to infinity
    EXPECT_EQ(to_fp16(0.0F).bits, 0x0000);
    EXPECT_EQ(to_fp16(-0.0F).bits, 0x8000);
    EXPECT_EQ(to_fp16(0x1p-25F).bits, 0x0000);  // the tie goes to zero
    EXPECT_EQ(to_fp16(-0x1p-25F).bits, 0x8000);
    EXPECT_EQ(to_fp16(0x1.000002p-25F).bits, 0x0001);
    EXPECT_EQ(to_fp16(float_of(0x80000001)).bits, 0x8000);  // smallest FP32 subnormal
    for (const std::uint32_t nan : {0x7F800001U, 0x7FC00000U, 0x7FFFFFFFU, 0xFF800001U, 0xFFFFFFFFU}) {
        EXPECT_EQ(to_fp16(float_of(nan)).bits, kFp16Nan) << std::hex << nan;
    }
}

class ArrayConversion : public testing::TestWithParam<VectorLevel> {
  protected:
    void SetUp() override {
        if (GetParam() > best_vector_level())
            GTEST_SKIP() << "this processor has no " << to_string(GetParam());
    }
};
INSTANTIATE_TEST_SUITE_P(Levels, ArrayConversion, testing::ValuesIn(kVectorLevels),
                         [](const auto& level) { return to_string(level.param); });

TEST_P(ArrayConversion, ToFloatEqualsScalarForAllInputs) {
    std::vector<Fp16> in(kHalves);
    for (int h = 0; h < kHalves; ++h) in[static_cast<std::size_t>(h)].bits = static_cast<std::uint16_t>(h);
    std::vector<float> out(kHalves);
    to_float_array(in, out, GetParam());
    for (std::size_t i = 0; i < in.size(); ++i) ASSERT_EQ(bits_of(out[i]), bits_of(to_float(in[i]))) << i;
}

void expect_narrowing_equal(const std::vector<float>& in, VectorLevel level) {
    std::vector<Fp16> out(in.size());
    to_fp16_array(in, out, level);
    for (std::size_t i = 0; i < in.size(); ++i) {
        ASSERT_EQ(out[i].bits, to_fp16(in[i]).bits) << std::hex << bits_of(in[i]);
    }
}

// Every sign, exponent and leading 10 fraction bits, each with the rests that decide the rounding.
TEST_P(ArrayConversion, ToFp16EqualsScalarAtEveryRoundingBoundary) {
    std::vector<float> in;
    for (std::uint32_t upper = 0; upper < 1U << 19; ++upper) {
        for (const std::uint32_t rest : {0x0000U, 0x0001U, 0x0FFFU, 0x1000U, 0x1001U, 0x1FFFU}) {
            in.push_back(float_of(upper << 13 | rest));
        }
    }
    expect_narrowing_equal(in, GetParam());
}

TEST_P(ArrayConversion, ToFp16EqualsScalarForRandomFloats) {
    std::mt19937_64 random(1);
    std::vector<float> in(4'000'003);
    for (float& value : in) value = float_of(static_cast<std::uint32_t>(random()));
    for (std::size_t i = 0; i < in.size(); i += 2) {  // half of them around FP16's range
        const auto bits = static_cast<std::uint32_t>(random());
        in[i] = float_of((bits & 0x807FFFFFU) | ((100 + (bits >> 23 & 0xFF) % 48) << 23));
    }
    expect_narrowing_equal(in, GetParam());
}

TEST_P(ArrayConversion, AnyLengthAndAlignment) {
    std::vector<Fp16> halves(64);
    for (std::size_t i = 0; i < halves.size(); ++i) halves[i].bits = static_cast<std::uint16_t>(i * 1021 + 7);
    for (std::size_t offset = 0; offset < 9; ++offset) {
        for (std::size_t length = 0; length < 40; ++length) {
            std::vector<float> wide(64, 5.0F);
            to_float_array(std::span(halves).subspan(offset, length), std::span(wide).subspan(offset, length),
                           GetParam());
            std::vector<Fp16> back(64, Fp16{0x1234});
            to_fp16_array(std::span<const float>(wide).subspan(offset, length),
                          std::span(back).subspan(offset, length), GetParam());
            for (std::size_t i = 0; i < 64; ++i) {
                const bool inside = i >= offset && i < offset + length;
                ASSERT_EQ(bits_of(wide[i]), bits_of(inside ? to_float(halves[i]) : 5.0F));
                ASSERT_EQ(back[i].bits, inside ? to_fp16(wide[i]).bits : 0x1234);
            }
        }
    }
}

TEST(ArrayConversionErrors, LengthsMustAgree) {
    std::vector<Fp16> halves(3);
    std::vector<float> floats(4);
    EXPECT_THROW(to_float_array(halves, floats), std::invalid_argument);
    EXPECT_THROW(to_fp16_array(floats, halves), std::invalid_argument);
}

}  // namespace
}  // namespace satsim::numerics
