// Emitted programs pass the checker and compute on the functional SAT what their task says: element-wise
// results and updates bit for bit, sums within the bound of their additions.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "runtime/numerics/fp16.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/stored_pattern.hpp"
#include "runtime/vector/arithmetic.hpp"
#include "sim/verify/vector_case.hpp"

namespace satsim::schedule {
namespace {

using verify::VectorCase;
using namespace satsim::vector;

isa::ArrayConfig full() {
    return {};
}

isa::ArrayConfig thin() {
    isa::ArrayConfig config;
    config.rows = config.columns = 4;
    config.channels = 1;
    config.instructions = 1024;
    config.vmem_lines = 256;
    return config;
}

VectorProblem problem(VectorKernel kernel, std::int64_t rows, std::int64_t columns) {
    VectorProblem p;
    p.layer = "test";
    p.kernel = kernel;
    p.rows = rows;
    p.columns = columns;
    p.hyper.epsilon = 1e-5F;
    return p;
}

float rounded(float value) {
    return numerics::round_to_fp16(value);
}

struct Shape {
    bool thin;
    std::int64_t rows;
    std::int64_t columns;
};

class Streams : public ::testing::TestWithParam<Shape> {
  protected:
    [[nodiscard]] isa::ArrayConfig array() const { return GetParam().thin ? thin() : full(); }
    [[nodiscard]] VectorProblem make(VectorKernel kernel) const {
        return problem(kernel, GetParam().rows, GetParam().columns);
    }
    // element(row, column) of the FP16 result.
    template <typename Element>
    void expect_result(const VectorCase& c, Element&& element) const {
        for (std::int64_t r = 0; r < GetParam().rows; ++r) {
            for (std::int64_t k = 0; k < GetParam().columns; ++k)
                ASSERT_EQ(c.fp16(c.layout().outputs[0], r, k), rounded(element(r, k))) << r << "," << k;
        }
    }
};

TEST_P(Streams, ElementWise) {
    for (const VectorKernel kernel : {VectorKernel::Relu, VectorKernel::ReluGrad, VectorKernel::Add}) {
        VectorProblem p = make(kernel);
        p.relu = kernel == VectorKernel::Add;
        VectorCase c(p, array(), 1);
        c.run();
        const auto at = [&](std::size_t i, std::int64_t r, std::int64_t k) {
            return c.fp16(c.layout().inputs[i], r, k);
        };
        expect_result(c, [&](std::int64_t r, std::int64_t k) {
            if (kernel == VectorKernel::Relu) return relu(at(0, r, k));
            if (kernel == VectorKernel::ReluGrad) return gate(at(0, r, k), at(1, r, k));
            return relu(add_rne(at(0, r, k), at(1, r, k)));
        });
    }
}

TEST_P(Streams, SumsOfGradients) {
    VectorCase c(make(VectorKernel::Sum), array(), 1);
    c.add_extremes();
    const auto at = [&](std::size_t i, std::int64_t r, std::int64_t k) {
        return numerics::canonical(c.fp32(c.layout().inputs[i], r, k));
    };
    std::vector<float> expected;
    bool nonfinite = false;
    for (std::int64_t r = 0; r < GetParam().rows; ++r) {
        for (std::int64_t k = 0; k < GetParam().columns; ++k) {
            expected.push_back(numerics::canonical(add_rne(at(0, r, k), at(1, r, k))));
            nonfinite |= !std::isfinite(expected.back());
        }
    }
    c.run();
    EXPECT_EQ(c.layout().outputs[0], c.layout().inputs[0]);
    EXPECT_EQ(c.nonfinite(), nonfinite);
    auto want = expected.begin();
    for (std::int64_t r = 0; r < GetParam().rows; ++r) {
        for (std::int64_t k = 0; k < GetParam().columns; ++k)
            ASSERT_EQ(std::bit_cast<std::uint32_t>(c.fp32(c.layout().outputs[0], r, k)),
                      std::bit_cast<std::uint32_t>(*want++))
                << r << "," << k;
    }
}

TEST_P(Streams, PerChannel) {
    for (const VectorKernel kernel :
         {VectorKernel::Bias, VectorKernel::NormApply, VectorKernel::NormGradApply}) {
        VectorCase c(make(kernel), array(), 2);
        c.run();
        const auto at = [&](std::size_t i, std::int64_t r, std::int64_t k) {
            return c.fp16(c.layout().inputs[i], r, k);
        };
        const auto v = [&](std::size_t i, std::int64_t k) { return c.vector(c.layout().vectors_in[i], k); };
        expect_result(c, [&](std::int64_t r, std::int64_t k) {
            if (kernel == VectorKernel::Bias) return add_rne(at(0, r, k), v(0, k));
            if (kernel == VectorKernel::NormApply) return mad_rne(at(0, r, k), v(0, k), v(1, k));
            return mad_rne(at(0, r, k), v(2, k), mad_rne(at(1, r, k), v(0, k), v(1, k)));
        });
    }
}

TEST_P(Streams, Statistics) {
    const auto [is_thin, rows, columns] = GetParam();
    VectorCase c(make(VectorKernel::NormStatistics), array(), 3);
    c.run();
    VectorCase bias(make(VectorKernel::BiasGrad), array(), 3);
    bias.run();
    for (std::int64_t k = 0; k < columns; ++k) {
        double sum = 0;
        double square = 0;
        double magnitude = 0;
        for (std::int64_t r = 0; r < rows; ++r) {
            const double x = c.fp16(c.layout().inputs[0], r, k);
            sum += x;
            square += x * x;
            magnitude += std::fabs(x);
        }
        const auto n = static_cast<double>(rows);
        const double mean = sum / n;
        const double variance = square / n - mean * mean;
        const double inverse = 1 / std::sqrt(variance + 1e-5);
        const double unit = (n + 8) * 0x1p-24;
        const double gamma = c.vector(c.layout().vectors_in[0], k);
        const double beta = c.vector(c.layout().vectors_in[1], k);
        const double relative = 4 * unit * (square / n) / (variance + 1e-5) + unit;
        ASSERT_NEAR(bias.vector(bias.layout().vectors_out[0], k), sum, unit * magnitude);
        ASSERT_NEAR(c.vector(c.layout().vectors_out[0], k), mean, unit * magnitude / n);
        ASSERT_NEAR(c.vector(c.layout().vectors_out[1], k), inverse, relative * inverse);
        ASSERT_NEAR(c.vector(c.layout().vectors_out[2], k), gamma * inverse,
                    relative * std::fabs(gamma * inverse));
        ASSERT_NEAR(c.vector(c.layout().vectors_out[3], k), beta - mean * gamma * inverse,
                    relative * (std::fabs(beta) + (magnitude / n) * std::fabs(gamma * inverse)));
    }
}

// One element that is not finite is reported by whatever sums it; no padding ever is.
TEST_P(Streams, SumsReportWhatIsNotFinite) {
    const auto reports = [&](VectorKernel kernel, std::uint16_t bits) {
        VectorCase c(make(kernel), array(), 3);
        const std::int64_t last =
            c.layout().inputs[0] + (GetParam().rows - 1) * c.layout().pitch + (GetParam().columns - 1) * 2;
        c.memory().write(last, std::bit_cast<std::array<std::uint8_t, 2>>(bits));
        c.run();
        return c.nonfinite();
    };
    for (const VectorKernel kernel :
         {VectorKernel::BiasGrad, VectorKernel::NormStatistics, VectorKernel::NormGradStatistics}) {
        EXPECT_FALSE(reports(kernel, 0x7BFF));  // the largest FP16
        EXPECT_TRUE(reports(kernel, 0x7C00));
        EXPECT_TRUE(reports(kernel, 0x7E00));
    }
    EXPECT_FALSE(reports(VectorKernel::Relu, 0x7C00));  // no sum, no weight gradient
}

TEST_P(Streams, GradientStatistics) {
    const auto [is_thin, rows, columns] = GetParam();
    VectorCase c(make(VectorKernel::NormGradStatistics), array(), 4);
    c.run();
    for (std::int64_t k = 0; k < columns; ++k) {
        const double scale = c.vector(c.layout().vectors_in[0], k);
        const double inverse = c.vector(c.layout().vectors_in[1], k);
        const double shift = c.vector(c.layout().vectors_in[2], k);
        double s0 = 0;
        double s1 = 0;
        double m0 = 0;
        double m1 = 0;
        for (std::int64_t r = 0; r < rows; ++r) {
            const double dy = c.fp16(c.layout().inputs[0], r, k);
            const double x = c.fp16(c.layout().inputs[1], r, k);
            s0 += dy;
            s1 += dy * (x * inverse + shift);
            m0 += std::fabs(dy);
            m1 += std::fabs(dy) * (std::fabs(x * inverse) + std::fabs(shift));
        }
        const auto n = static_cast<double>(rows);
        const double unit = (n + 16) * 0x1p-24;
        const auto out = [&](std::size_t i) { return c.vector(c.layout().vectors_out[i], k); };
        ASSERT_NEAR(out(0), s0, unit * m0);
        ASSERT_NEAR(out(1), s1, unit * m1);
        ASSERT_NEAR(out(2), -scale * inverse * s1 / n, unit * std::fabs(scale * inverse) * m1 / n);
        ASSERT_NEAR(out(3), -(shift * scale * s1 + scale * s0) / n,
                    unit * std::fabs(scale) * (std::fabs(shift) * m1 + m0) / n);
    }
}

// Panels of columns (thin, wide rows), single rows, tails in both directions, many chunks.
INSTANTIATE_TEST_SUITE_P(Shapes, Streams,
                         ::testing::Values(Shape{true, 1, 4}, Shape{true, 37, 16}, Shape{true, 300, 24},
                                           Shape{true, 40, 500}, Shape{true, 9, 1036}, Shape{false, 1, 64},
                                           Shape{false, 333, 64}, Shape{false, 3000, 96},
                                           Shape{false, 700, 520}));

// ---- updates

struct Update {
    bool thin;
    VectorKernel kernel;
    std::int64_t rows, columns, taps;
    std::optional<NmPattern> ff, bp;
    bool decay;
};

class Updates : public ::testing::TestWithParam<Update> {};

// Kept elements of a group: largest magnitude first, lower position first.
std::vector<int> keepers(const std::vector<std::uint16_t>& group, int n) {
    std::vector<int> order(group.size());
    for (std::size_t i = 0; i < group.size(); ++i) order[i] = static_cast<int>(i);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        return (group[static_cast<std::size_t>(a)] & 0x7FFF) > (group[static_cast<std::size_t>(b)] & 0x7FFF);
    });
    order.resize(static_cast<std::size_t>(n));
    std::sort(order.begin(), order.end());
    return order;
}

// weight(k, column): FP16 bits along the reduction k, +0 outside.
template <typename Weight>
void expect_copy(const VectorCase& c, const VectorLayout::Packed& copy, const NmPattern& nm, std::int64_t tap,
                 std::int64_t reduction, std::int64_t columns, Weight&& weight) {
    for (std::int64_t first = 0; first < reduction; first += nm.m) {
        for (std::int64_t column = 0; column < columns; ++column) {
            std::vector<std::uint16_t> group;
            for (std::int64_t e = 0; e < nm.m; ++e)
                group.push_back(first + e < reduction ? weight(first + e, column) : std::uint16_t{0});
            std::int64_t row = tap * copy.rows + first / nm.m * nm.n;
            for (const int e : keepers(group, nm.n)) {
                ASSERT_EQ(c.half(copy.values, copy.pitch, row, column), group[static_cast<std::size_t>(e)])
                    << "tap " << tap << " k " << first << " column " << column;
                if (!nm.dense()) {
                    // Groups of two are stored as halves of groups of four.
                    const auto index = static_cast<int>(nm == kOneOfTwo ? first % 4 + e : e);
                    ASSERT_EQ(c.nibble(copy.indices, copy.pitch / 4, row, column),
                              first + e < reduction ? index : 0);
                }
                ++row;
            }
        }
    }
}

TEST_P(Updates, TensorsAndCopies) {
    const Update u = GetParam();
    const isa::ArrayConfig array = u.thin ? thin() : full();
    VectorProblem p = problem(u.kernel, u.rows, u.columns);
    p.taps = u.taps;
    p.pack_ff = u.ff;
    p.pack_bp = u.bp;
    p.hyper.weight_decay = 5e-4F;
    p.hyper.loss_scale = 128;
    p.hyper.sr_ste_decay = u.decay ? 2e-2F : 0.0F;
    p.hyper.step = 3;
    VectorCase c(p, array, 8);
    const VectorCase before(p, array, 8);  // the same data
    c.run();
    const VectorLayout& at = c.layout();
    const std::array<float, 11> s = scalars_of(p);
    const bool prune = u.kernel == VectorKernel::Prune;
    std::vector<std::uint16_t> weights(static_cast<std::size_t>(u.rows * u.columns));
    for (std::int64_t tap = 0; tap < u.taps; ++tap) {
        const auto old = [&](std::int64_t k, std::int64_t column) {
            return k < u.rows ? numerics::to_fp16(before.fp32(at.inputs[2], tap * u.rows + k, column)).bits
                              : std::uint16_t{0};
        };
        for (std::int64_t r = 0; r < u.rows; ++r) {
            const std::int64_t row = tap * u.rows + r;
            for (std::int64_t k = 0; k < u.columns; ++k) {
                std::uint16_t& weight = weights[static_cast<std::size_t>(r * u.columns + k)];
                if (prune) {
                    weight = before.half(at.inputs[0], at.pitch, row, k);
                    continue;
                }
                const float g = before.fp32(at.inputs[0], row, k);
                const float b = before.fp32(at.inputs[1], row, k);
                const float w = before.fp32(at.inputs[2], row, k);
                float coefficient = s[1];
                if (u.decay && u.ff) {
                    std::vector<std::uint16_t> group;
                    const std::int64_t first = r / u.ff->m * u.ff->m;
                    for (std::int64_t e = 0; e < u.ff->m; ++e) group.push_back(old(first + e, k));
                    const std::vector<int> kept = keepers(group, u.ff->n);
                    if (std::find(kept.begin(), kept.end(), static_cast<int>(r - first)) == kept.end())
                        coefficient = s[9];
                }
                const float gradient = mad_rne(w, coefficient, mul_rne(g, s[0]));
                float want = 0;
                if (u.kernel == VectorKernel::Sgd) {
                    const float momentum = add_rne(mul_rne(b, s[2]), gradient);
                    ASSERT_EQ(c.fp32(at.outputs[1], row, k), momentum);
                    want = negative_mad_rne(momentum, s[3], w);
                } else {
                    const float first = mad_rne(gradient, s[3], mul_rne(b, s[2]));
                    const float v = before.fp32(at.inputs[3], row, k);
                    const float second = mad_rne(mul_rne(gradient, gradient), s[5], mul_rne(v, s[4]));
                    ASSERT_EQ(c.fp32(at.outputs[1], row, k), first);
                    ASSERT_EQ(c.fp32(at.outputs[2], row, k), second);
                    const float ratio = div_rne(first, mad_rne(sqrt_rne(second), s[6], s[7]));
                    want = negative_mad_rne(ratio, s[8],
                                            u.kernel == VectorKernel::AdamW ? mul_rne(w, s[10]) : w);
                }
                ASSERT_EQ(c.fp32(at.outputs[0], row, k), want) << "row " << row << " column " << k;
                weight = numerics::to_fp16(want).bits;
            }
        }
        const auto weight = [&](std::int64_t r, std::int64_t k) {
            return weights[static_cast<std::size_t>(r * u.columns + k)];
        };
        if (u.ff) expect_copy(c, at.ff, *u.ff, tap, u.rows, u.columns, weight);
        if (u.bp) {
            expect_copy(c, at.bp, *u.bp, tap, u.columns, u.rows,
                        [&](std::int64_t k, std::int64_t column) { return weight(column, k); });
        }
    }
}

constexpr NmPattern k28{2, 8};
constexpr NmPattern k24{2, 4};
constexpr NmPattern k88{8, 8};
INSTANTIATE_TEST_SUITE_P(
    Shapes, Updates,
    ::testing::Values(Update{true, VectorKernel::Sgd, 32, 48, 2, k28, k28, true},
                      Update{true, VectorKernel::Sgd, 19, 10, 3, k24, k28, false},
                      Update{true, VectorKernel::Sgd, 35, 22, 2, kOneOfTwo, kOneOfTwo, true},
                      Update{true, VectorKernel::Adam, 17, 33, 1, k88, k88, false},
                      Update{true, VectorKernel::AdamW, 40, 40, 1, k28, std::nullopt, true},
                      Update{true, VectorKernel::Sgd, 9, 525, 2, k28, k28,
                             false},  // rows longer than 16 lines
                      Update{true, VectorKernel::AdamW, 8, 301, 1, k24, k88, false},
                      Update{true, VectorKernel::Prune, 12, 775, 1, k28, k28, false},
                      Update{true, VectorKernel::Sgd, 50, 16, 1, std::nullopt, std::nullopt, false},
                      Update{true, VectorKernel::Prune, 70, 40, 1, k28, std::nullopt, false},
                      Update{false, VectorKernel::Sgd, 256, 512, 2, k28, k28, true},
                      Update{false, VectorKernel::Sgd, 3, 64, 9, k88, std::nullopt, false},
                      Update{false, VectorKernel::Adam, 300, 200, 1, k88, k24, true},
                      Update{false, VectorKernel::AdamW, 130, 700, 1, k28, k28, false},
                      Update{false, VectorKernel::Prune, 500, 128, 1, std::nullopt, k28, false}));

// ---- tasks of a training step

VectorTask task(VectorOp op, std::int64_t elements) {
    VectorTask t;
    t.layer = "layer";
    t.op = op;
    t.elements = elements;
    return t;
}

TEST(Tasks, ZeroFillTouchesItsTensorOnly) {
    VectorProblem p = problem(VectorKernel::ZeroFill, 5, 64);
    VectorCase c(p, thin(), 5);
    EXPECT_NE(c.fp16(c.layout().outputs[0], 4, 63), 0.0F);
    c.run();
    EXPECT_EQ(c.fp16(c.layout().outputs[0], 4, 63), 0.0F);
}

TEST(Tasks, RowsAndChannelsAreTheTasks) {
    VectorTask t = task(VectorOp::NormStatistics, 100 * 48);
    t.shape = {1, 100, 48};
    const VectorProblem p = problem_of(t, full());
    EXPECT_EQ(p.rows, 100);
    EXPECT_EQ(p.columns, 48);
}

TEST(Tasks, CopiesAreTheTasks) {
    VectorTask t = task(VectorOp::Optimizer, 4 * 32 * 32);
    t.optimizer = "sgd";
    t.shape = {4, 32, 32};
    EXPECT_FALSE(problem_of(t, full()).pack_ff.has_value());
    t.pregenerate_ff = NmPattern{2, 8};
    EXPECT_EQ(problem_of(t, full()).pack_ff, (NmPattern{2, 8}));
    EXPECT_FALSE(problem_of(t, full()).pack_bp.has_value());
    t.pregenerate_bp = NmPattern{2, 8};
    EXPECT_EQ(problem_of(t, full()).pack_bp, (NmPattern{2, 8}));
    EXPECT_EQ(problem_of(t, full()).taps, 4);
}

TEST(Tasks, AShapeThatIsNotItsElementsIsRefused) {
    VectorTask t = task(VectorOp::NormStatistics, 100);
    t.shape = {1, 3, 32};
    EXPECT_THROW((void)problem_of(t, full()), InputError);
}

// A transposition is SORE's transposed copy with nothing pruned.
TEST(Tasks, TransposeWritesOneMatrixAfterTheOther) {
    VectorTask t = task(VectorOp::Transpose, 3 * 65 * 40);
    t.shape = {3, 65, 40};
    const VectorProblem p = problem_of(t, full());
    EXPECT_EQ(p.kernel, VectorKernel::Prune);
    EXPECT_FALSE(p.pack_ff.has_value());
    EXPECT_TRUE(p.pack_bp->dense());
    VectorCase c(p, full(), 11);
    c.run();
}

TEST(Tasks, WorkWithoutAMicroProgramIsRefused) {
    EXPECT_THROW((void)emit_vector(task(VectorOp::Softmax, 100), {full(), {}}), InputError);
    EXPECT_THROW((void)emit_vector(task(VectorOp::Optimizer, 100), {full(), {}}), InputError);
}

TEST(Tasks, ProgramsDoNotGrowWithTheirTensors) {
    VectorCase small(problem(VectorKernel::NormApply, 5000, 64), full(), 6);
    small.run();
    const isa::Program large = emit_vector_program(problem(VectorKernel::NormApply, 50'000'000, 64), full());
    std::size_t instructions = 0;
    for (const auto& stream : large.streams) instructions += stream.size();
    EXPECT_LE(instructions, small.instructions() + 8);
}

}  // namespace
}  // namespace satsim::schedule
