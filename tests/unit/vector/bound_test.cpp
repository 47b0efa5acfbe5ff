// Every micro-program against the same formula in float64, within the bound that docs/architecture/vector.md
// §8 states, on random and on adversarial operands: exponents over nearly the whole range, subnormals, zeros,
// and sums that cancel. The RTL has the same bits (rtl_vec_test).
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "runtime/numerics/accumulate.hpp"
#include "tests/unit/vector/bounded.hpp"
#include "tests/unit/vector/machine.hpp"

namespace satsim::vector {
namespace {

using isa::vec::Operation;
using test::Machine;

constexpr std::int64_t kRows = 48;
constexpr std::int64_t kChannels = 20;
constexpr double kHalfOverflow = 65520;  // rounds to infinity from here on
constexpr int kRounds = 25;

// Random operands: of size one, or adversarial.
class Operands {
  public:
    Operands(unsigned seed, bool adversarial) : rng_(seed), adversarial_(adversarial) {}

    // Magnitudes up to 2^`top`, so that no intermediate result overflows.
    float wide(int top) {
        if (!adversarial_) return static_cast<float>(normal());
        switch (pick(6)) {
            case 0:
                return std::bit_cast<float>(kSpecial[pick(kSpecial.size())]);
            case 1:
                return static_cast<float>(normal());
            default:
                return static_cast<float>(
                    std::ldexp(normal(), static_cast<int>(pick(static_cast<std::size_t>(top + 120))) - 120));
        }
    }
    double half() {
        if (!adversarial_) return normal();
        return pick(4) == 0 ? 0.0 : std::ldexp(normal(), static_cast<int>(pick(38)) - 24);
    }
    // Near -value, to a few units of the last place or a few per cent.
    float against(double value) {
        const double distance = pick(2) == 0 ? 0x1p-23 * normal() : 0.03 * normal();
        return static_cast<float>(-value * (1 + distance));
    }
    bool cancels() { return adversarial_ && pick(3) == 0; }
    std::size_t pick(std::size_t n) { return rng_() % n; }
    double normal() { return std::normal_distribution<double>(0, 1)(rng_); }

  private:
    static constexpr std::array<std::uint32_t, 8> kSpecial{0,          0x80000000, 0x00800000, 0x80800001,
                                                           0x007FFFFF, 0x00000001, 0x3F800000, 0xBF800000};
    std::mt19937 rng_;
    bool adversarial_;
};

// Compares, and remembers how much of the bounds was used: a bound that nothing comes near says little.
class Bounds {
  public:
    void expect(double got, const Bounded& want) {
        if (!std::isfinite(want.error())) return;  // nothing is promised: a divisor that may be zero
        ASSERT_TRUE(want.holds(got)) << got << " for " << want.value() << " +- " << want.error();
        if (want.error() > 0) used_ = std::max(used_, std::fabs(got - want.value()) / want.error());
        ++compared_;
    }
    void expect_half(double got, const Bounded& fp32) {
        const double size = std::fabs(fp32.value());
        if (std::isinf(got)) {
            ASSERT_GE(size + fp32.error(), kHalfOverflow);
            ASSERT_EQ(std::signbit(got), std::signbit(fp32.value()));
            return;
        }
        ASSERT_LT(size - fp32.error(), kHalfOverflow);
        expect(got, fp32.half());
    }
    ~Bounds() {
        EXPECT_GT(compared_, 100);
        EXPECT_GT(used_, 0.02);
    }

  private:
    double used_ = 0;
    std::int64_t compared_ = 0;
};

class WuveBound : public testing::TestWithParam<bool> {
  protected:
    template <typename Body>
    void rounds(Body&& body) {
        for (unsigned seed = 1; seed <= kRounds && !HasFailure(); ++seed) {
            Machine machine(seed);
            Operands operands(seed, GetParam());
            machine.p().rows = kRows;
            machine.p().channels = kChannels;
            machine.p().k1 = 8;
            body(machine, operands);
        }
    }
};

// A coefficient bank's value for a channel.
float coefficient(Machine& m, int bank, std::int64_t row, std::int64_t c) {
    return m.cmem().row(bank, row + c / 16)[static_cast<std::size_t>(c % 16)];
}

void fill_coefficients(Machine& m, Operands& in) {
    for (const std::int64_t row : {0, 1, 8, 9}) {
        for (const int bank : {0, 1}) {
            for (float& value : m.cmem().row(bank, row)) value = numerics::canonical(in.wide(8));
        }
    }
}

TEST_P(WuveBound, ElementWise) {
    for (const Operation operation :
         {Operation::Add, Operation::Bias, Operation::BnApply, Operation::BnGradApply}) {
        for (const bool relu : {false, true}) {
            Bounds bounds;
            rounds([&](Machine& m, Operands& in) {
                m.p().operation = operation;
                m.p().flags = relu ? isa::vec::kRelu : 0U;
                fill_coefficients(m, in);
                std::vector<std::array<double, 2>> x;
                for (std::int64_t i = 0; i < kRows * kChannels; ++i) {
                    const double a = m.put16(0, i / kChannels, i % kChannels, in.half());
                    const double other = in.cancels() ? in.against(a) : in.half();
                    x.push_back({a, m.put16(1, i / kChannels, i % kChannels, other)});
                }
                m.run();
                for (std::int64_t i = 0; i < kRows * kChannels; ++i) {
                    const auto [a, b] = x[static_cast<std::size_t>(i)];
                    const std::int64_t c = i % kChannels;
                    const Bounded k0 = coefficient(m, 0, 0, c);
                    const Bounded k1 = coefficient(m, 1, 0, c);
                    const Bounded k2 = coefficient(m, 0, 8, c);
                    const double got = m.get16(0, i / kChannels, c);
                    Bounded want = operation == Operation::Add       ? Bounded(a) + b
                                   : operation == Operation::Bias    ? a + k0
                                   : operation == Operation::BnApply ? a * k0 + k1
                                                                     : a * k2 + (b * k0 + k1);
                    if (relu && operation != Operation::BnGradApply) want = want.at_least_zero();
                    bounds.expect_half(got, want);
                }
            });
        }
    }
}

TEST_P(WuveBound, ReluAndItsGradientAreExact) {
    rounds([&](Machine& m, Operands& in) {
        std::vector<std::array<double, 2>> x;
        for (std::int64_t i = 0; i < kRows * kChannels; ++i)
            x.push_back({m.put16(0, i / kChannels, i % kChannels, in.half()),
                         m.put16(1, i / kChannels, i % kChannels, in.half())});
        for (const Operation operation : {Operation::Relu, Operation::ReluGrad}) {
            m.p().operation = operation;
            m.run();
            for (std::int64_t i = 0; i < kRows * kChannels; ++i) {
                const auto [a, b] = x[static_cast<std::size_t>(i)];
                const double want = operation == Operation::Relu ? std::max(0.0, a) : (b > 0 ? a : 0.0);
                ASSERT_EQ(m.get16(0, i / kChannels, i % kChannels), want);
            }
        }
    });
}

// The accumulators of one reduction and their fold, in the order of the lanes.
class Reduction {
  public:
    void add(std::int64_t row, std::int64_t c, const Bounded& value) {
        Bounded& to = sums_[static_cast<std::size_t>(c * 16 + row % 16)];
        to = to + value;
    }
    [[nodiscard]] Bounded fold(std::int64_t c) const {
        Bounded sum = sums_[static_cast<std::size_t>(c * 16)];
        for (std::int64_t i = 1; i < 16; ++i) sum = sum + sums_[static_cast<std::size_t>(c * 16 + i)];
        return sum;
    }

  private:
    std::vector<Bounded> sums_ = std::vector<Bounded>(kChannels * 16, Bounded(0));
};

TEST_P(WuveBound, Reductions) {
    for (const Operation operation : {Operation::Accumulate, Operation::BnStats, Operation::BnGradStats}) {
        Bounds bounds;
        rounds([&](Machine& m, Operands& in) {
            fill_coefficients(m, in);
            m.p().k0 = 100;
            Reduction plain;
            Reduction product;
            for (const bool first : {true, false}) {
                m.p().operation = operation;
                m.p().flags = first ? isa::vec::kFirst : 0U;
                for (std::int64_t i = 0; i < kRows * kChannels; ++i) {
                    const std::int64_t r = i / kChannels;
                    const std::int64_t c = i % kChannels;
                    const Bounded a = m.put16(0, r, c, in.half() + (GetParam() ? 100 : 0));
                    const Bounded b = m.put16(1, r, c, in.half());
                    plain.add(r, c, a);
                    if (operation == Operation::BnStats) product.add(r, c, a * a);
                    if (operation == Operation::BnGradStats)
                        product.add(r, c, a * (b * coefficient(m, 0, 8, c) + coefficient(m, 1, 8, c)));
                }
                m.run();
            }
            m.p().operation = Operation::Fold;
            m.p().rows = 2;
            m.p().channels = 16;
            m.p().k1 = 60;
            m.run();
            for (std::int64_t c = 0; c < kChannels; ++c) {
                bounds.expect(m.get32(0, c / 16, c % 16), plain.fold(c));
                if (operation != Operation::Accumulate)
                    bounds.expect(m.get32(1, c / 16, c % 16), product.fold(c));
            }
        });
    }
}

TEST_P(WuveBound, NormalisationCoefficients) {
    Bounds bounds;
    rounds([&](Machine& m, Operands& in) {
        m.p().operation = Operation::BnFinal;
        m.p().rows = 3;
        m.p().channels = 16;
        m.p().scalars = {1.0F / 1000, 1e-5F, 1.0F};
        for (std::int64_t i = 0; i < 48; ++i) {
            // Adversarial: means far above the deviation, up to where nothing is left of the variance.
            const double mean = in.normal() * (GetParam() ? std::ldexp(1, static_cast<int>(in.pick(14))) : 1);
            const double variance =
                std::fabs(in.normal()) * (GetParam() ? std::ldexp(1, -static_cast<int>(in.pick(20))) : 1);
            const auto lane = static_cast<std::size_t>(i % 16);
            m.cmem().row(0, i / 16)[lane] = static_cast<float>(1000 * mean);
            m.cmem().row(1, i / 16)[lane] = static_cast<float>(1000 * (variance + mean * mean));
            m.put32(0, i / 16, i % 16, static_cast<float>(in.normal()));
            m.put32(1, i / 16, i % 16, static_cast<float>(in.normal()));
        }
        const auto at = [&](int operand, std::int64_t i) { return m.operand32(operand, i / 16, i % 16); };
        m.run();
        for (std::int64_t i = 0; i < 48; ++i) {
            const auto lane = static_cast<std::size_t>(i % 16);
            const auto& s = m.p().scalars;
            const Bounded gamma = at(0, i);
            const Bounded beta = at(1, i);
            const Bounded mean = Bounded(m.cmem().row(0, i / 16)[lane]) * s[0];
            const Bounded variance =
                (Bounded(m.cmem().row(1, i / 16)[lane]) * s[0] - mean * mean).at_least_zero();
            const Bounded inverse = Bounded(s[2]) / (variance + s[1]).root();
            const Bounded scale = gamma * inverse;
            const std::array<Bounded, 5> want{mean, inverse, scale, beta - mean * scale, mean * inverse};
            for (int o = 0; o < 5; ++o) {
                const double got = m.get32(o, i / 16, i % 16);
                bounds.expect(o == 4 ? -got : got, want[static_cast<std::size_t>(o)]);
            }
        }
    });
}

TEST_P(WuveBound, NormalisationGradientCoefficients) {
    Bounds bounds;
    rounds([&](Machine& m, Operands& in) {
        m.p().operation = Operation::BnGradFinal;
        m.p().rows = 3;
        m.p().channels = 16;
        m.p().scalars = {1.0F / 777};
        for (std::int64_t i = 0; i < 48; ++i) {
            for (const int bank : {0, 1})
                m.cmem().row(bank, i / 16)[static_cast<std::size_t>(i % 16)] =
                    numerics::canonical(in.wide(20));
            for (const int operand : {0, 1, 2}) m.put32(operand, i / 16, i % 16, in.wide(20));
        }
        m.run();
        for (std::int64_t i = 0; i < 48; ++i) {
            const auto lane = static_cast<std::size_t>(i % 16);
            const auto at = [&](int operand) {
                return Bounded(numerics::canonical(m.operand32(operand, i / 16, i % 16)));
            };
            const Bounded dy = m.cmem().row(0, i / 16)[lane];
            const Bounded dy_xhat = m.cmem().row(1, i / 16)[lane];
            const Bounded inverse_count = m.p().scalars[0];
            const Bounded product = at(0) * (dy_xhat * inverse_count);
            EXPECT_EQ(m.get32(0, i / 16, i % 16), dy.value());
            EXPECT_EQ(m.get32(1, i / 16, i % 16), dy_xhat.value());
            bounds.expect(-m.get32(2, i / 16, i % 16), at(1) * product);
            bounds.expect(-m.get32(3, i / 16, i % 16), at(2) * product + at(0) * (dy * inverse_count));
        }
    });
}

// Which weights of each column are the largest of their four rows, ties to the lower row.
bool kept_of_four(Machine& m, std::int64_t r, std::int64_t c) {
    const auto half = [&](std::int64_t row) {
        return numerics::to_fp16(numerics::canonical(m.operand32(2, row, c))).magnitude();
    };
    for (std::int64_t other = r / 4 * 4; other < r / 4 * 4 + 4; ++other) {
        if (other != r && (half(other) > half(r) || (half(other) == half(r) && other < r))) return false;
    }
    return true;
}

TEST_P(WuveBound, Optimizers) {
    for (const Operation operation : {Operation::Sgd, Operation::Adam, Operation::Adamw}) {
        Bounds bounds;
        rounds([&](Machine& m, Operands& in) {
            Parameters& p = m.p();
            p.operation = operation;
            p.rows = 16;
            p.nm_f = NmPattern{1, 4};
            const bool decays = in.pick(2) == 0;
            p.flags = decays ? isa::vec::kDecay : 0U;
            p.scalars = {1.0F / 3000, 0.01F, 0.9F, 0.1F, 0.999F, 0.001F, 1.25F, 1e-8F, 0.05F, 0.012F, 0.98F};
            const auto& s = p.scalars;
            for (std::int64_t i = 0; i < p.rows * kChannels; ++i) {
                const std::int64_t r = i / kChannels;
                const std::int64_t c = i % kChannels;
                const float g = in.wide(40);
                m.put32(0, r, c, g);
                // The momentum, or the decayed weight, nearly takes the gradient back.
                m.put32(1, r, c, in.cancels() ? in.against(double{g} * s[0] / s[2]) : in.wide(40));
                m.put32(2, r, c, in.cancels() ? in.against(double{g} * s[0] / s[1]) : in.wide(40));
                m.put32(3, r, c, std::fabs(in.wide(40)));
            }
            m.run();
            for (std::int64_t i = 0; i < p.rows * kChannels; ++i) {
                const std::int64_t r = i / kChannels;
                const std::int64_t c = i % kChannels;
                const auto at = [&](int operand) {
                    return Bounded(numerics::canonical(m.operand32(operand, r, c)));
                };
                const Bounded weight = at(2);
                const bool decayed = decays && !kept_of_four(m, r, c);
                const Bounded gradient = weight * s[decayed ? 9 : 1] + at(0) * s[0];
                if (operation == Operation::Sgd) {
                    const Bounded momentum = at(1) * s[2] + gradient;
                    bounds.expect(m.get32(1, r, c), momentum);
                    bounds.expect(m.get32(0, r, c), weight - momentum * s[3]);
                    continue;
                }
                const Bounded first = gradient * s[3] + at(1) * s[2];
                const Bounded second = gradient * gradient * s[5] + at(3) * s[4];
                const Bounded step = first / (second.root() * s[6] + s[7]);
                const Bounded base = operation == Operation::Adamw ? weight * s[10] : weight;
                bounds.expect(m.get32(1, r, c), first);
                bounds.expect(m.get32(2, r, c), second);
                bounds.expect(m.get32(0, r, c), base - step * s[8]);
            }
        });
    }
}

TEST_P(WuveBound, Sum) {
    Bounds bounds;
    rounds([&](Machine& m, Operands& in) {
        m.p().operation = Operation::Sum;
        for (std::int64_t i = 0; i < kRows * kChannels; ++i) {
            const float a = in.wide(20);
            m.put32(0, i / kChannels, i % kChannels, a);
            m.put32(1, i / kChannels, i % kChannels,
                    in.cancels() ? static_cast<float>(in.against(a)) : in.wide(20));
        }
        m.run();
        for (std::int64_t i = 0; i < kRows * kChannels; ++i) {
            const std::int64_t r = i / kChannels;
            const std::int64_t c = i % kChannels;
            const Bounded a = numerics::canonical(m.operand32(0, r, c));
            bounds.expect(m.get32(0, r, c), a + numerics::canonical(m.operand32(1, r, c)));
        }
    });
}

TEST_P(WuveBound, Conversion) {
    Bounds bounds;
    rounds([&](Machine& m, Operands& in) {
        m.p().operation = Operation::Convert;
        for (std::int64_t i = 0; i < kRows * kChannels; ++i)
            m.put32(0, i / kChannels, i % kChannels, in.wide(20));
        m.run();
        for (std::int64_t i = 0; i < kRows * kChannels; ++i) {
            const std::int64_t r = i / kChannels;
            const std::int64_t c = i % kChannels;
            bounds.expect_half(m.get16(0, r, c), numerics::canonical(m.operand32(0, r, c)));
        }
    });
}

INSTANTIATE_TEST_SUITE_P(Data, WuveBound, testing::Bool(),
                         [](const auto& instance) { return instance.param ? "Adversarial" : "Random"; });

}  // namespace
}  // namespace satsim::vector
