// Every micro-program against float64, within a bound that follows from its roundings; special values by
// hand.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "runtime/vector/arithmetic.hpp"
#include "runtime/vector/micro_program.hpp"
#include "tests/unit/vector/machine.hpp"

namespace satsim::vector {
namespace {

using isa::vec::Operation;
using test::Machine;
constexpr double kUnit = 0x1p-24;  // half a unit in the last place of FP32, relative

// FP16 rounding of a result that is itself off by `error`.
void expect_half(float got, double want, double error) {
    ASSERT_NEAR(got, want, std::fabs(want) * 0x1p-11 + 0x1p-25 + 2 * error);
}

TEST(MicroProgram, ElementWise) {
    for (const Operation operation : {Operation::Relu, Operation::ReluGrad, Operation::Add, Operation::Bias,
                                      Operation::BnApply, Operation::BnGradApply}) {
        for (const bool relu : {false, true}) {
            Machine m(7);
            m.p().operation = operation;
            m.p().rows = 19;
            m.p().channels = 37;  // three slices, the last ragged, rows not whole words
            m.p().k1 = 8;
            m.p().flags = relu ? isa::vec::kRelu : 0U;
            for (std::int64_t s = 0; s < 3; ++s) {
                for (std::size_t l = 0; l < 16; ++l) {
                    m.cmem().row(0, s)[l] = static_cast<float>(m.normal(1));
                    m.cmem().row(1, s)[l] = static_cast<float>(m.normal(1));
                    m.cmem().row(0, 8 + s)[l] = static_cast<float>(m.normal(1));
                }
            }
            std::vector<float> a(19 * 37);
            std::vector<float> b(19 * 37);
            for (std::size_t i = 0; i < a.size(); ++i) {
                a[i] = m.put16(0, static_cast<std::int64_t>(i) / 37, static_cast<std::int64_t>(i) % 37,
                               m.normal(2));
                b[i] = m.put16(1, static_cast<std::int64_t>(i) / 37, static_cast<std::int64_t>(i) % 37,
                               m.normal(2));
            }
            m.run();
            for (std::size_t i = 0; i < a.size(); ++i) {
                const auto r = static_cast<std::int64_t>(i) / 37;
                const auto c = static_cast<std::int64_t>(i) % 37;
                const auto lane = static_cast<std::size_t>(c % 16);
                const double k0 = m.cmem().row(0, c / 16)[lane];
                const double k1 = m.cmem().row(1, c / 16)[lane];
                const double k2 = m.cmem().row(0, 8 + c / 16)[lane];
                double want = 0;
                double error = 0;
                bool flagged = false;
                switch (operation) {
                    case Operation::Relu:
                        want = std::max(0.0, double{a[i]});
                        break;
                    case Operation::ReluGrad:
                        want = b[i] > 0 ? a[i] : 0;
                        break;
                    case Operation::Add:
                        want = double{a[i]} + b[i];
                        flagged = true;
                        break;
                    case Operation::Bias:
                        want = a[i] + k0;
                        flagged = true;
                        break;
                    case Operation::BnApply:
                        want = a[i] * k0 + k1;
                        flagged = true;
                        break;
                    default:
                        want = a[i] * k2 + (b[i] * k0 + k1);
                        break;
                }
                error = 4 * kUnit *
                        (std::fabs(a[i] * k2) + std::fabs(b[i] * k0) + std::fabs(a[i] * k0) + std::fabs(k1) +
                         std::fabs(a[i]) + std::fabs(b[i]));
                if (flagged && relu) want = std::max(0.0, want);
                expect_half(m.get16(0, r, c), want, error);
            }
        }
    }
}

TEST(MicroProgram, ReductionsFoldToTheSum) {
    for (const bool gradient : {false, true}) {
        Machine m(11);
        constexpr std::int64_t kChannels = 20;
        std::array<double, kChannels> sum{}, square{}, magnitude{};
        m.p().k1 = 100;
        for (std::int64_t s = 0; s < 2; ++s) {
            for (std::size_t l = 0; l < 16; ++l) {
                m.cmem().row(0, 100 + s)[l] = 1.5F;
                m.cmem().row(1, 100 + s)[l] = -0.25F;
            }
        }
        std::int64_t elements = 0;
        for (const std::int64_t rows : {5, 33, 16}) {  // three operations of one reduction
            m.p().operation = gradient ? Operation::BnGradStats : Operation::BnStats;
            m.p().flags = elements == 0 ? isa::vec::kFirst : 0U;
            m.p().rows = rows;
            m.p().channels = kChannels;
            for (std::int64_t r = 0; r < rows; ++r) {
                for (std::int64_t c = 0; c < kChannels; ++c) {
                    const double x = m.put16(0, r, c, m.normal(1) + 1);
                    const double y = m.put16(1, r, c, m.normal(1));
                    const auto i = static_cast<std::size_t>(c);
                    sum[i] += x;
                    square[i] += gradient ? x * (y * 1.5 - 0.25) : x * x;
                    magnitude[i] += std::fabs(x) + std::fabs(x * (std::fabs(y) * 1.5 + 0.25)) + x * x;
                }
            }
            elements += rows;
            m.run();
        }
        m.p().operation = Operation::Fold;
        m.p().rows = 2;
        m.p().channels = 16;
        m.p().k1 = 50;
        m.run();
        for (std::int64_t c = 0; c < kChannels; ++c) {
            const auto i = static_cast<std::size_t>(c);
            const double bound = static_cast<double>(elements) * kUnit * magnitude[i];
            EXPECT_NEAR(m.get32(0, c / 16, c % 16), sum[i], bound);
            EXPECT_NEAR(m.get32(1, c / 16, c % 16), square[i], bound);
            EXPECT_EQ(m.cmem().row(0, 50 + c / 16)[static_cast<std::size_t>(c % 16)],
                      m.get32(0, c / 16, c % 16));
        }
    }
}

TEST(MicroProgram, BatchNormalisationEnds) {
    Machine m(5);
    constexpr double kPositions = 1000;
    m.p().operation = Operation::BnFinal;
    m.p().rows = 3;
    m.p().channels = 16;
    m.p().scalars = {static_cast<float>(1 / kPositions), 1e-5F, 1.0F};
    std::vector<std::array<double, 4>> in;
    for (std::int64_t r = 0; r < 3; ++r) {
        for (std::int64_t l = 0; l < 16; ++l) {
            const double mean = m.normal(1);
            const double variance = 0.1 + std::fabs(m.normal(1));
            const auto sum = static_cast<float>(mean * kPositions);
            const auto square = static_cast<float>((variance + mean * mean) * kPositions);
            m.cmem().row(0, r)[static_cast<std::size_t>(l)] = sum;
            m.cmem().row(1, r)[static_cast<std::size_t>(l)] = square;
            const auto gamma = static_cast<float>(m.normal(1));
            const auto beta = static_cast<float>(m.normal(1));
            m.put32(0, r, l, gamma);
            m.put32(1, r, l, beta);
            in.push_back(
                {double{sum} / kPositions, double{square} / kPositions, double{gamma}, double{beta}});
        }
    }
    m.run();
    for (std::size_t i = 0; i < in.size(); ++i) {
        const auto r = static_cast<std::int64_t>(i) / 16;
        const auto l = static_cast<std::int64_t>(i) % 16;
        const auto [mean, square, gamma, beta] = in[i];
        const double variance = square - mean * mean;
        const double inverse = 1 / std::sqrt(variance + 1e-5);
        // Cancellation in the variance: its error is that of the mean of squares.
        const double relative = 8 * kUnit * (square / variance + 1);
        const double shift_error = relative * (std::fabs(mean * gamma * inverse) + std::fabs(beta));
        EXPECT_NEAR(m.get32(0, r, l), mean, 2 * kUnit * std::fabs(mean));
        EXPECT_NEAR(m.get32(1, r, l), inverse, relative * inverse);
        EXPECT_NEAR(m.get32(2, r, l), gamma * inverse, relative * std::fabs(gamma * inverse));
        EXPECT_NEAR(m.get32(3, r, l), beta - mean * gamma * inverse, shift_error);
        EXPECT_NEAR(m.get32(4, r, l), -mean * inverse, relative * std::fabs(mean * inverse));
    }
}

TEST(MicroProgram, BatchNormalisationGradientEnds) {
    Machine m(6);
    constexpr double kPositions = 512;
    m.p().operation = Operation::BnGradFinal;
    m.p().rows = 2;
    m.p().channels = 16;
    m.p().scalars = {static_cast<float>(1 / kPositions)};
    for (std::int64_t r = 0; r < 2; ++r) {
        for (std::int64_t l = 0; l < 16; ++l) {
            m.cmem().row(0, r)[static_cast<std::size_t>(l)] = static_cast<float>(m.normal(10));
            m.cmem().row(1, r)[static_cast<std::size_t>(l)] = static_cast<float>(m.normal(10));
            for (const int operand : {0, 1, 2})
                m.put32(operand, r, l,
                        static_cast<float>(r + 1) * 0.5F + static_cast<float>(operand + l) * 0.125F);
        }
    }
    m.run();
    for (std::int64_t r = 0; r < 2; ++r) {
        for (std::int64_t l = 0; l < 16; ++l) {
            const double base = static_cast<double>(r + 1) * 0.5 + static_cast<double>(l) * 0.125;
            const double scale = base;
            const double inverse = base + 0.125;
            const double shift = base + 0.25;
            const double s0 = m.cmem().row(0, r)[static_cast<std::size_t>(l)];
            const double s1 = m.cmem().row(1, r)[static_cast<std::size_t>(l)];
            EXPECT_EQ(m.get32(0, r, l), static_cast<float>(s0));
            EXPECT_EQ(m.get32(1, r, l), static_cast<float>(s1));
            const double b = -scale * inverse * s1 / kPositions;
            const double c = -(shift * scale * s1 / kPositions + scale * s0 / kPositions);
            EXPECT_NEAR(m.get32(2, r, l), b, 4 * kUnit * std::fabs(b));
            EXPECT_NEAR(m.get32(3, r, l), c,
                        6 * kUnit * (std::fabs(shift * scale * s1) + std::fabs(scale * s0)) / kPositions);
        }
    }
}

TEST(MicroProgram, Optimizers) {
    for (const Operation operation : {Operation::Sgd, Operation::Adam, Operation::Adamw}) {
        for (const bool decay : {false, true}) {
            Machine m(9);
            Parameters& p = m.p();
            p.operation = operation;
            p.rows = 16;
            p.channels = 20;
            p.flags = decay ? isa::vec::kDecay : 0U;
            p.nm_f = NmPattern{1, 4};
            p.scalars = {0.5F, 0.01F, 0.9F, 0.1F, 0.99F, 0.01F, 1.25F, 1e-3F, 0.05F, 0.04F, 0.98F};
            const auto& s = p.scalars;
            std::vector<std::array<double, 4>> in;
            for (std::int64_t r = 0; r < 16; ++r) {
                for (std::int64_t c = 0; c < 20; ++c) {
                    std::array<double, 4> v{m.normal(1), m.normal(1), m.normal(1), std::fabs(m.normal(1))};
                    for (int i = 0; i < 4; ++i) {
                        const auto f = static_cast<float>(v[static_cast<std::size_t>(i)]);
                        m.put32(i, r, c, f);
                        v[static_cast<std::size_t>(i)] = f;
                    }
                    in.push_back(v);
                }
            }
            m.run();
            for (std::size_t i = 0; i < in.size(); ++i) {
                const auto r = static_cast<std::int64_t>(i) / 20;
                const auto c = static_cast<std::int64_t>(i) % 20;
                const auto [g, b, w, v] = in[i];
                bool kept = true;  // the largest old weight of its group of four rows
                for (std::size_t e = 0; e < 4; ++e) {
                    const std::size_t other =
                        (static_cast<std::size_t>(r) / 4 * 4 + e) * 20 + static_cast<std::size_t>(c);
                    kept = kept && std::fabs(in[other][2]) <= std::fabs(w);
                }
                const double lambda = decay && !kept ? s[9] : s[1];
                const double gradient = g * s[0] + w * lambda;
                const double size = std::fabs(g) + std::fabs(b) + std::fabs(w) + v + 1;
                if (operation == Operation::Sgd) {
                    const double momentum = b * s[2] + gradient;
                    ASSERT_NEAR(m.get32(1, r, c), momentum, 8 * kUnit * size);
                    ASSERT_NEAR(m.get32(0, r, c), w - s[3] * momentum, 8 * kUnit * size);
                } else {
                    const double first = b * s[2] + gradient * s[3];
                    const double second = v * s[4] + gradient * gradient * s[5];
                    const double base = operation == Operation::Adamw ? w * s[10] : w;
                    const double want = base - s[8] * first / (std::sqrt(second) * s[6] + s[7]);
                    ASSERT_NEAR(m.get32(1, r, c), first, 8 * kUnit * size);
                    ASSERT_NEAR(m.get32(2, r, c), second, 8 * kUnit * size * size);
                    ASSERT_NEAR(m.get32(0, r, c), want, 64 * kUnit * size / std::sqrt(second + 1e-6));
                }
            }
        }
    }
}

// An update looks at the gradient that it reads, whatever else is not finite.
TEST(MicroProgram, UpdatesReportTheirGradient) {
    const float inf = std::numeric_limits<float>::infinity();
    for (const Operation operation : {Operation::Sgd, Operation::Adam, Operation::Adamw}) {
        const auto report = [&](int operand, std::int64_t row, std::int64_t column, float value) {
            Machine m(3);
            m.p().operation = operation;
            m.p().rows = 18;
            m.p().channels = 19;
            m.p().scalars = {0.5F, 0.01F, 0.9F, 0.1F, 0.99F, 0.01F, 1.25F, 1e-3F, 0.05F, 0.04F, 0.98F};
            for (int i = 0; i < 4; ++i)
                for (std::int64_t r = 0; r < 18; ++r)
                    for (std::int64_t c = 0; c < 19; ++c)
                        m.put32(i, r, c, std::fabs(static_cast<float>(m.normal(1))));
            m.put32(operand, row, column, value);
            return m.run();
        };
        EXPECT_FALSE(report(0, 17, 18, 1.0F));
        EXPECT_FALSE(report(0, 17, 18, std::numeric_limits<float>::max()));
        EXPECT_TRUE(report(0, 0, 0, inf));
        EXPECT_TRUE(report(0, 17, 18, -inf));
        EXPECT_TRUE(report(0, 16, 3, std::numeric_limits<float>::quiet_NaN()));
        EXPECT_FALSE(report(0, 17, 19, inf));  // behind the last channel
        EXPECT_FALSE(report(0, 18, 3, inf));   // behind the last row
        EXPECT_FALSE(report(1, 5, 5, inf));    // the momentum
        EXPECT_FALSE(report(2, 5, 5, inf));    // the weight: its decay comes after
    }
}

TEST(MicroProgram, FoldReportsItsSum) {
    const float inf = std::numeric_limits<float>::infinity();
    const auto report = [&](float all, int bank, int lane, float value) {
        Machine m(4);
        m.p().operation = Operation::Fold;
        m.p().rows = 2;
        m.p().channels = 5;
        m.p().k1 = 64;
        for (int b = 0; b < 2; ++b)
            for (std::int64_t r = 0; r < 32; ++r) std::ranges::fill(m.cmem().row(b, r), all);
        m.cmem().row(bank, 29)[static_cast<std::size_t>(lane)] = value;
        return m.run();
    };
    EXPECT_FALSE(report(1.0F, 0, 4, 2.0F));
    EXPECT_TRUE(report(4e37F, 0, 4, 2.0F));  // 15 of them exceed FP32
    EXPECT_TRUE(report(1.0F, 0, 4, inf));
    EXPECT_FALSE(report(1.0F, 0, 5, inf));  // no channel
    EXPECT_FALSE(report(1.0F, 1, 4, inf));  // bank 1 may hold anything
}

TEST(MicroProgram, Convert) {
    Machine m(2);
    m.p().operation = Operation::Convert;
    m.p().rows = 2;
    m.p().channels = 7;
    for (std::int64_t c = 0; c < 7; ++c) m.put32(0, 1, c, static_cast<float>(m.normal(1000)));
    m.put32(0, 1, 6, 1e6F);
    m.run();
    EXPECT_EQ(m.get16(0, 1, 6), std::numeric_limits<float>::infinity());
    EXPECT_EQ(m.get16(0, 1, 7), 0.0F);  // the word beyond the last channel
}

TEST(LaneArithmetic, SpecialValues) {
    const float inf = std::numeric_limits<float>::infinity();
    const float nan = std::bit_cast<float>(0xFFC12345U);
    const auto bits = [](float f) { return std::bit_cast<std::uint32_t>(f); };
    EXPECT_EQ(bits(mul_rne(nan, 1)), 0x7FC00000U);
    EXPECT_EQ(bits(mul_rne(inf, 0)), 0x7FC00000U);
    EXPECT_EQ(bits(mul_rne(0x1p-100F, -0x1p-100F)), 0x80000000U);
    EXPECT_EQ(bits(mul_rne(0x1.fffffep-126F, 0.5F)), 0x00800000U);  // rounds up to the smallest normal number
    EXPECT_EQ(bits(mul_rne(0x1p-149F, 0x1p100F)), 0U);              // inputs are flushed
    EXPECT_EQ(bits(div_rne(1, 0)), bits(inf));
    EXPECT_EQ(bits(div_rne(-1, 0x1p-140F)), bits(-inf));
    EXPECT_EQ(bits(div_rne(0, 0)), 0x7FC00000U);
    EXPECT_EQ(bits(sqrt_rne(-0.0F)), 0x80000000U);
    EXPECT_EQ(bits(sqrt_rne(-1)), 0x7FC00000U);
    EXPECT_EQ(bits(relu(-0.0F)), 0U);
    EXPECT_EQ(bits(relu(nan)), 0x7FC00000U);
    EXPECT_EQ(bits(gate(nan, 1)), 0x7FC00000U);
    EXPECT_EQ(bits(gate(5, nan)), 0U);
    EXPECT_EQ(bits(negative_mad_rne(nan, 1, 1)), 0x7FC00000U);
}

#if defined(__x86_64__)
// The processor's modes flush before they round; what lies at the border shows it.
TEST(LaneArithmetic, FlushToZeroModeChangesNothing) {
    constexpr unsigned kFlushToZero = 0x8000;
    constexpr unsigned kDenormalsAreZero = 0x0040;
    const unsigned saved = _mm_getcsr();
    volatile float largest = 0x1.fffffep-126F;
    volatile float half = 0.5F;
    volatile float two = 2.0F;
    volatile float below = 0x1.fffffcp-126F;
    _mm_setcsr(saved | kFlushToZero | kDenormalsAreZero);
    const float product = mul_rne(largest, half);
    const float negative = mul_rne(largest, -half);
    const float quotient = div_rne(largest, two);
    const float flushed_product = mul_rne(below, half);
    const float flushed_quotient = div_rne(-below, two);
    _mm_setcsr(saved);
    const auto bits = [](float f) { return std::bit_cast<std::uint32_t>(f); };
    EXPECT_EQ(bits(product), 0x00800000U);
    EXPECT_EQ(bits(negative), 0x80800000U);
    EXPECT_EQ(bits(quotient), 0x00800000U);
    EXPECT_EQ(bits(flushed_product), 0U);
    EXPECT_EQ(bits(flushed_quotient), 0x80000000U);
}
#endif

}  // namespace
}  // namespace satsim::vector
