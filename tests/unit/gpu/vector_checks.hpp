// Vector work on a machine (emulated or real) against plain formulas in double precision: FP32 arithmetic in
// any order, one rounding to FP16, and the functions' own error (a few units of FP32).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "runtime/gpu/kernels/launch.hpp"
#include "tests/unit/gpu/random_values.hpp"

namespace satsim::gpu::test {

inline double value(const std::vector<Fp16>& v, std::int64_t i) {
    return numerics::to_float(v[static_cast<std::size_t>(i)]);
}
inline double value(const std::vector<float>& v, std::int64_t i) {
    return v[static_cast<std::size_t>(i)];
}
// FP16's rounding of a result whose terms add up to `magnitude`.
inline double half_bound(double result, double magnitude) {
    return std::abs(result) * 0x1p-11 + 0x1p-24 + magnitude * 0x1p-18;
}

// First and second output from x[0..2] and c[0..2].
inline std::array<double, 2> elementwise_formula(Elementwise operation, const double* x, const double* c) {
    const auto cdf = [](double v) { return 0.5 * std::erfc(-v / std::sqrt(2.0)); };
    const auto silu = [](double v) { return v / (1 + std::exp(-v)); };
    const auto silu_slope = [](double v) {
        const double s = 1 / (1 + std::exp(-v));
        return s + v * s * (1 - s);
    };
    switch (operation) {
        case Elementwise::Relu:
            return {std::max(x[0], 0.0), 0};
        case Elementwise::ReluGradient:
            return {x[1] > 0 ? x[0] : 0, 0};
        case Elementwise::Gelu:
            return {x[0] * cdf(x[0]), 0};
        case Elementwise::GeluGradient:
            return {x[0] * (cdf(x[1]) + x[1] * std::exp(-0.5 * x[1] * x[1]) / std::sqrt(2 * std::acos(-1.0))),
                    0};
        case Elementwise::Add:
            return {x[0] + x[1], 0};
        case Elementwise::Multiply:
            return {x[0] * x[1], 0};
        case Elementwise::MultiplyGradient:
            return {x[0] * x[2], x[0] * x[1]};
        case Elementwise::Copy:
            return {x[0], 0};
        case Elementwise::Bias:
            return {x[0] + c[0], 0};
        case Elementwise::BiasResidualRelu:
            return {std::max(x[0] + c[0] + x[1], 0.0), 0};
        case Elementwise::ScaleShift:
            return {x[0] * c[0] + c[1], 0};
        case Elementwise::NormGradient:
            return {x[0] * c[0] + x[1] * c[1] + c[2], 0};
        case Elementwise::Silu:
            return {silu(x[0]), 0};
        case Elementwise::SiluGradient:
            return {x[0] * silu_slope(x[1]), 0};
        case Elementwise::SiluGate:
            return {silu(x[0]) * x[1], 0};
        case Elementwise::SiluGateGradient:
            return {x[0] * x[2] * silu_slope(x[1]), x[0] * silu(x[1])};
    }
    return {};
}

template <class Machine>
void expect_elementwise_of(Machine& machine, Elementwise operation, std::int64_t rows, std::int64_t channels,
                           bool relu, int at_once) {
    Generator generator(static_cast<std::uint64_t>(rows * 1000 + channels));
    const auto count = static_cast<std::size_t>(rows * channels);
    std::vector<Fp16> in[3];
    std::vector<Fp16> out[2];
    std::vector<float> channel[3];
    ElementwiseArguments a;
    a.elements = rows * channels;
    a.channels = channels;
    a.relu = relu;
    a.at_once = at_once;
    for (std::size_t i = 0; i < 3; ++i) {
        in[i] = random_halves(generator, count);
        channel[i] = random_floats(generator, static_cast<std::size_t>(channels));
        a.in[i] = bits_of(machine.put(in[i]));
        a.channel[i] = machine.put(channel[i]);
    }
    int outputs = 0;
    with_operation(operation, [&outputs](auto op) { outputs = decltype(op)::kOutputs; });
    for (std::size_t o = 0; o < 2; ++o) {
        out[o].resize(count);
        a.out[o] = bits_of(machine.put(out[o]));
    }
    machine.elementwise(operation, a);
    for (int o = 0; o < outputs; ++o) machine.get(out[o]);
    for (std::int64_t i = 0; i < a.elements; ++i) {
        const double x[3] = {value(in[0], i), value(in[1], i), value(in[2], i)};
        const double c[3] = {value(channel[0], i % channels), value(channel[1], i % channels),
                             value(channel[2], i % channels)};
        auto want = elementwise_formula(operation, x, c);
        for (double& y : want) y = relu ? std::max(y, 0.0) : y;
        for (int o = 0; o < outputs; ++o)
            ASSERT_NEAR(value(out[o], i), want[static_cast<std::size_t>(o)],
                        half_bound(want[static_cast<std::size_t>(o)], 20))
                << static_cast<int>(operation) << " element " << i;
    }
}

template <class Machine>
void expect_elementwise(Machine& machine) {
    for (int op = 0; op <= static_cast<int>(kLastElementwise); ++op)
        for (const std::int64_t rows : {1, 5, 64})
            for (const std::int64_t channels : {1, 3, 8, 40})
                for (const bool relu : {false, true})
                    for (const int at_once : {0, kVectorsAtOnce})
                        expect_elementwise_of(machine, static_cast<Elementwise>(op), rows, channels, relu,
                                              at_once);
}

template <class Machine>
void expect_norm_of_rows(Machine& machine, Generator& generator, std::int64_t rows, std::int64_t columns,
                         bool centred) {
    const auto count = static_cast<std::size_t>(rows * columns);
    std::vector<Fp16> x = random_halves(generator, count, 2);
    std::vector<Fp16> dy = random_halves(generator, count);
    std::vector<float> scale = random_floats(generator, static_cast<std::size_t>(columns));
    std::vector<float> shift = random_floats(generator, static_cast<std::size_t>(columns));
    std::vector<float> normal(static_cast<std::size_t>(rows * 2));
    std::vector<float> sums(static_cast<std::size_t>(rows * 2));
    std::vector<Fp16> y(count);
    std::vector<Fp16> dx(count);
    RowArguments a;
    a.rows = rows;
    a.columns = columns;
    a.centred = centred;
    a.in[0] = bits_of(machine.put(x));
    a.statistics = machine.put(normal);
    a.scale = machine.put(scale);
    a.shift = machine.put(shift);
    machine.rowwise(Rowwise::Statistics, a);
    a.normal = a.statistics;
    a.out = bits_of(machine.put(y));
    machine.rowwise(Rowwise::Normalise, a);
    a.in[1] = a.in[0];
    a.in[0] = bits_of(machine.put(dy));
    a.statistics = machine.put(sums);
    machine.rowwise(Rowwise::GradientStatistics, a);
    a.out = bits_of(machine.put(dx));
    machine.rowwise(Rowwise::Gradient, a);
    machine.get(y);
    machine.get(dx);
    for (std::int64_t r = 0; r < rows; ++r) {
        double mean = 0;
        double squares = 0;
        for (std::int64_t c = 0; centred && c < columns; ++c)
            mean += value(x, r * columns + c) / static_cast<double>(columns);
        for (std::int64_t c = 0; c < columns; ++c) {
            const double d = value(x, r * columns + c) - mean;
            squares += d * d / static_cast<double>(columns);
        }
        const double inverse = 1 / std::sqrt(squares + double{a.epsilon});
        double mean_g = 0;
        double mean_product = 0;
        for (std::int64_t c = 0; c < columns; ++c) {
            const double g = value(dy, r * columns + c) * value(scale, c);
            if (centred) mean_g += g / static_cast<double>(columns);
            mean_product += g * (value(x, r * columns + c) - mean) * inverse / static_cast<double>(columns);
        }
        for (std::int64_t c = 0; c < columns; ++c) {
            const std::int64_t i = r * columns + c;
            const double normalised = (value(x, i) - mean) * inverse;
            const double want = normalised * value(scale, c) + value(shift, c);
            // A row of one element has no deviation: x - mean is rounding alone, magnified by
            // 1/sqrt(epsilon).
            const double magnitude = 50 * std::max(1.0, inverse);
            ASSERT_NEAR(value(y, i), want, half_bound(want, magnitude));
            const double g = value(dy, i) * value(scale, c);
            const double gradient = (g - mean_g - normalised * mean_product) * inverse;
            ASSERT_NEAR(value(dx, i), gradient, half_bound(gradient, magnitude));
        }
    }
}

// Norms in one kernel against the same in two, bit for bit: y and statistics, dx.
template <class Machine>
void expect_whole_norm_of_rows(Machine& machine, Generator& generator, std::int64_t rows,
                               std::int64_t columns, bool centred) {
    SCOPED_TRACE(testing::Message() << rows << " rows of " << columns << (centred ? "" : ", not centred"));
    const auto count = static_cast<std::size_t>(rows * columns);
    std::vector<Fp16> x = random_halves(generator, count, 2);
    std::vector<Fp16> dy = random_halves(generator, count);
    std::vector<float> scale = random_floats(generator, static_cast<std::size_t>(columns));
    std::vector<float> shift = random_floats(generator, static_cast<std::size_t>(columns));
    struct Results {
        std::vector<float> normal;
        std::vector<float> means;
        std::vector<Fp16> y;
        std::vector<Fp16> dx;
    };
    const auto run = [&](bool whole) {
        const auto statistics = static_cast<std::size_t>(rows * 2);
        Results r{std::vector<float>(statistics, -1), std::vector<float>(statistics, -1),
                  std::vector<Fp16>(count, Fp16{0x3333}), std::vector<Fp16>(count, Fp16{0x3333})};
        RowArguments a;
        a.rows = rows;
        a.columns = columns;
        a.centred = centred;
        a.scale = machine.put(scale);
        a.shift = machine.put(shift);
        a.in[0] = bits_of(machine.put(x));
        a.statistics = machine.put(r.normal);
        a.out = bits_of(machine.put(r.y));
        if (!whole) machine.rowwise(Rowwise::Statistics, a);
        a.normal = whole ? nullptr : a.statistics;
        machine.rowwise(whole ? Rowwise::Norm : Rowwise::Normalise, a);
        machine.get(r.normal);
        machine.get(r.y);
        a.normal = a.statistics;
        a.in[1] = a.in[0];
        a.in[0] = bits_of(machine.put(dy));
        a.out = bits_of(machine.put(r.dx));
        a.statistics = whole ? nullptr : machine.put(r.means);
        if (!whole) machine.rowwise(Rowwise::GradientStatistics, a);
        machine.rowwise(whole ? Rowwise::NormGradient : Rowwise::Gradient, a);
        machine.get(r.dx);
        return r;
    };
    const Results two = run(false);
    const Results one = run(true);
    EXPECT_EQ(one.normal, two.normal);
    EXPECT_EQ(one.y, two.y);
    EXPECT_EQ(one.dx, two.dx);
}

template <class Machine>
void expect_whole_norms(Machine& machine) {
    Generator generator(15);
    const auto expect = [&](std::int64_t rows, std::int64_t columns) {
        for (const bool centred : {true, false})
            expect_whole_norm_of_rows(machine, generator, rows, columns, centred);
    };
    // Every kind of team, as in expect_rowwise, then shapes by chance.
    for (const std::int64_t columns : {1, 8, 57, 65, 128, 200, 257, 515, 2050, 4093, 8192, 8186, 20001})
        expect(3, columns);
    for (const std::int64_t columns : {300, 1017}) expect(2048, columns);
    for (int i = 0; i < 40; ++i) {
        const auto columns = static_cast<std::int64_t>(1 + generator() % (i % 4 == 0 ? 12000 : 700));
        expect(static_cast<std::int64_t>(1 + generator() % 40), columns);
    }
}

template <class Machine>
void expect_softmax_of_rows(Machine& machine, Generator& generator, std::int64_t rows, std::int64_t columns) {
    const auto count = static_cast<std::size_t>(rows * columns);
    std::vector<Fp16> x = random_halves(generator, count, 3);
    std::vector<Fp16> dy = random_halves(generator, count);
    std::vector<Fp16> y(count);
    std::vector<Fp16> dx(count);
    std::vector<Fp16> gradient(count);
    // With a factor, and every third element masked; of a row the first is seen.
    std::vector<Fp16> some = x;
    for (std::size_t i = 0; i < count; ++i)
        if (i % static_cast<std::size_t>(columns) % 3 == 2) some[i] = numerics::to_fp16(-INFINITY);
    std::vector<Fp16> masked(count);
    std::vector<float> loss(static_cast<std::size_t>(rows));
    std::vector<int> label(static_cast<std::size_t>(rows));
    for (int& l : label) l = static_cast<int>(generator() % static_cast<std::uint64_t>(columns));
    RowArguments a;
    a.rows = rows;
    a.columns = columns;
    a.in[0] = bits_of(machine.put(some));
    a.out = bits_of(machine.put(masked));
    a.factor = 0.25F;
    machine.rowwise(Rowwise::Softmax, a);
    machine.get(masked);
    a.factor = 1;
    a.in[0] = bits_of(machine.put(x));
    a.out = bits_of(machine.put(y));
    machine.rowwise(Rowwise::Softmax, a);
    a.out = bits_of(machine.put(gradient));
    a.loss = machine.put(loss);
    a.label = machine.put(label);
    a.gradient_scale = 4;
    machine.rowwise(Rowwise::Loss, a);
    machine.get(y);
    machine.get(gradient);
    machine.get(loss);
    a.in[0] = bits_of(machine.put(dy));
    a.in[1] = bits_of(machine.put(y));
    a.out = bits_of(machine.put(dx));
    a.factor = 0.5F;
    machine.rowwise(Rowwise::SoftmaxGradient, a);
    machine.get(dx);
    for (std::int64_t r = 0; r < rows; ++r) {
        double top = -INFINITY;
        double sum = 0;
        double products = 0;
        for (std::int64_t c = 0; c < columns; ++c) top = std::max(top, value(x, r * columns + c));
        for (std::int64_t c = 0; c < columns; ++c) sum += std::exp(value(x, r * columns + c) - top);
        for (std::int64_t c = 0; c < columns; ++c)
            products += value(dy, r * columns + c) * value(y, r * columns + c);
        for (std::int64_t c = 0; c < columns; ++c) {
            const std::int64_t i = r * columns + c;
            const double p = std::exp(value(x, i) - top) / sum;
            ASSERT_NEAR(value(y, i), p, half_bound(p, p));
            const double g = 4 * (p - (c == label[static_cast<std::size_t>(r)] ? 1 : 0));
            ASSERT_NEAR(value(gradient, i), g, half_bound(g, 4));
            const double d = 0.5 * value(y, i) * (value(dy, i) - products);
            ASSERT_NEAR(value(dx, i), d, half_bound(d, 10));
        }
        double sum_seen = 0;
        for (std::int64_t c = 0; c < columns; ++c) sum_seen += std::exp(0.25 * value(some, r * columns + c));
        for (std::int64_t c = 0; c < columns; ++c) {
            const double p = std::exp(0.25 * value(some, r * columns + c)) / sum_seen;
            ASSERT_NEAR(value(masked, r * columns + c), p, half_bound(p, p));
        }
        const double want = std::log(sum) + top - value(x, r * columns + label[static_cast<std::size_t>(r)]);
        ASSERT_NEAR(loss[static_cast<std::size_t>(r)], want, 1e-5 * (1 + std::abs(want)));
    }
}

template <class Machine>
void expect_rowwise(Machine& machine) {
    Generator generator(12);
    const auto expect_rows = [&](std::int64_t rows, std::int64_t columns) {
        expect_norm_of_rows(machine, generator, rows, columns, true);
        expect_norm_of_rows(machine, generator, rows, columns, false);
        expect_softmax_of_rows(machine, generator, rows, columns);
    };
    // Every kind of team, with rows that begin at 16 bytes and rows that do not.
    for (const std::int64_t columns : {1, 8, 10, 57, 58, 64, 65, 128, 200, 256, 257, 512, 515, 2048, 2050})
        expect_rows(9, columns);
    for (const std::int64_t columns : {4000, 4093, 8192, 8185, 8186, 10000, 20001}) expect_rows(3, columns);
    for (const std::int64_t columns : {300, 1017}) expect_rows(2048, columns);
}

template <class Machine>
void expect_columns(Machine& machine, Generator& generator, std::int64_t rows, std::int64_t columns) {
    const auto count = static_cast<std::size_t>(rows * columns);
    const auto width = static_cast<std::size_t>(columns);
    std::vector<Fp16> x = random_halves(generator, count);
    std::vector<Fp16> dy = random_halves(generator, count);
    std::vector<float> scale = random_floats(generator, width);
    std::vector<float> shift = random_floats(generator, width);
    std::vector<float> out[5];
    ColumnArguments a;
    a.rows = rows;
    a.columns = columns;
    a.strip = 64;
    a.epsilon = 0.1F;
    std::vector<float> workspace(static_cast<std::size_t>(a.strips() * 2 * columns));
    a.workspace = machine.put(workspace);
    a.scale = machine.put(scale);
    a.shift = machine.put(shift);
    a.in[0] = bits_of(machine.put(x));
    for (std::size_t o = 0; o < 5; ++o) {
        out[o].resize(width);
        a.out[o] = machine.put(out[o]);
    }
    machine.columnwise(Columnwise::Statistics, a);
    for (auto& o : out) machine.get(o);
    std::vector<float> inverse = out[1];
    std::vector<float> offset = out[4];
    const double n = static_cast<double>(rows);
    std::vector<double> means(width);
    for (std::int64_t c = 0; c < columns; ++c) {
        double mean = 0;
        double squares = 0;
        for (std::int64_t r = 0; r < rows; ++r) mean += value(x, r * columns + c) / n;
        for (std::int64_t r = 0; r < rows; ++r) squares += std::pow(value(x, r * columns + c) - mean, 2) / n;
        const double want = 1 / std::sqrt(squares + 0.1);
        ASSERT_NEAR(value(out[0], c), mean, 1e-5);
        ASSERT_NEAR(value(out[1], c), want, 1e-4);
        ASSERT_NEAR(value(out[2], c), want * value(scale, c), 1e-3);
        ASSERT_NEAR(value(out[3], c), value(shift, c) - mean * want * value(scale, c), 2e-3);
        ASSERT_NEAR(value(out[4], c), -mean * want, 1e-3);
    }
    a.in[0] = bits_of(machine.put(dy));
    a.in[1] = bits_of(machine.put(x));
    a.normal[0] = machine.put(inverse);
    a.normal[1] = machine.put(offset);
    machine.columnwise(Columnwise::GradientStatistics, a);
    for (auto& o : out) machine.get(o);
    for (std::int64_t c = 0; c < columns; ++c) {
        double dbeta = 0;
        double dgamma = 0;
        for (std::int64_t r = 0; r < rows; ++r) {
            const std::int64_t i = r * columns + c;
            dbeta += value(dy, i);
            dgamma += value(dy, i) * (value(x, i) * value(inverse, c) + value(offset, c));
        }
        ASSERT_NEAR(value(out[0], c), dbeta, 1e-4 * n);
        ASSERT_NEAR(value(out[1], c), dgamma, 1e-4 * n);
        const double a_term = value(scale, c);
        const double b_term = -value(inverse, c) * a_term * dgamma / n;
        ASSERT_NEAR(value(out[2], c), b_term, 1e-3 * (1 + std::abs(b_term)));
        const double c_term = -(value(offset, c) * a_term * dgamma / n + a_term * dbeta / n);
        ASSERT_NEAR(value(out[3], c), c_term, 1e-3 * (1 + std::abs(c_term)));
    }
    // The same sums with a mean and 1/std of every two rows instead of every column's.
    std::vector<float> of_rows = random_floats(generator, static_cast<std::size_t>((rows + 1) / 2 * 2));
    a.row_normal = machine.put(of_rows);
    a.rows_each = 2;
    machine.columnwise(Columnwise::RowGradientSums, a);
    machine.get(out[0]);
    machine.get(out[1]);
    for (std::int64_t c = 0; c < columns; ++c) {
        double dbeta = 0;
        double dgamma = 0;
        for (std::int64_t r = 0; r < rows; ++r) {
            const std::int64_t i = r * columns + c;
            dbeta += value(dy, i);
            dgamma +=
                value(dy, i) * (value(x, i) - value(of_rows, r / 2 * 2)) * value(of_rows, r / 2 * 2 + 1);
        }
        ASSERT_NEAR(value(out[0], c), dbeta, 1e-4 * n);
        ASSERT_NEAR(value(out[1], c), dgamma, 1e-4 * n);
    }
    machine.columnwise(Columnwise::BiasGradient, a);
    machine.get(out[0]);
    for (std::int64_t c = 0; c < columns; ++c) {
        double sum = 0;
        for (std::int64_t r = 0; r < rows; ++r) sum += value(dy, r * columns + c);
        ASSERT_NEAR(value(out[0], c), sum, 1e-5 * n);
    }
}

template <class Machine>
void expect_columnwise(Machine& machine) {
    Generator generator(13);
    for (const std::int64_t columns : {1, 31, 64, 70, 300})
        for (const std::int64_t rows : {1, 8, 100, 999}) expect_columns(machine, generator, rows, columns);
}

template <class Machine>
void expect_floats(Machine& machine) {
    Generator generator(14);
    for (const std::size_t count : {1U, 255U, 256U, 1000U}) {
        std::vector<float> a = random_floats(generator, count);
        std::vector<float> b = random_floats(generator, count);
        std::vector<float> sum(count);
        std::vector<float> total(1);
        FloatArguments arguments;
        arguments.in[0] = machine.put(a);
        arguments.in[1] = machine.put(b);
        arguments.elements = static_cast<std::int64_t>(count);
        arguments.out = machine.put(sum);
        machine.floats(Floats::Add, arguments);
        machine.get(sum);
        arguments.out = machine.put(total);
        machine.floats(Floats::Total, arguments);
        machine.get(total);
        double want = 0;
        double size = 0;
        for (std::size_t i = 0; i < count; ++i) {
            ASSERT_EQ(sum[i], a[i] + b[i]);
            want += a[i];
            size += std::abs(a[i]);
        }
        ASSERT_NEAR(total[0], want, size * 0x1p-15);
    }
}

}  // namespace satsim::gpu::test
