// How far the FP32 sums of one vector task may lie apart on two engines (docs/architecture/execution.md).
#pragma once

#include "runtime/execute/host_kernels.hpp"
#include "tests/unit/execute/support.hpp"

namespace satsim::execute::test {

inline constexpr double kUnit = 0x1p-24;  // of FP32
inline constexpr double kMore = 16;       // roundings beside the additions: no formula has more

// The task's sums with nothing rounded: of its operands, or of their magnitudes.
inline std::vector<Values> exact_sums(VectorWork work, bool magnitudes) {
    std::vector<Values> operands;
    operands.reserve(work.maps.size() + work.vectors.size());
    for (auto* list : {&work.maps, &work.vectors})
        for (std::span<const double>& each : *list) {
            Values& values = operands.emplace_back(each.begin(), each.end());
            if (magnitudes)
                for (double& value : values) value = std::abs(value);
            each = values;
        }
    std::vector<Values> sums;
    sums.reserve(work.sums.size());
    for (std::span<double>& sum : work.sums) sum = sums.emplace_back(sum.size());
    ReferenceEngine().vector(work);
    return sums;
}

// Mean, 1/deviation, scale, shift and -mean/deviation of one channel. The variance is E[x^2] - E[x]^2 on
// every engine: it has the errors of both, and is never below 0. `size`: E[|x|].
inline std::array<double, 5> norm_bounds(double g, double size, double mean, double inverse, double gamma,
                                         double beta) {
    const double t = 1 / (inverse * inverse);  // variance + epsilon
    const double error = g * (t + mean * mean + 2 * mean * size + size * size);
    const double least = std::sqrt(std::max(t - error, kNormEpsilon));
    const double d_mean = 2 * g * size;
    const double d_inverse = (1 + kMore * kUnit) / least - 1 / std::sqrt(t + error);
    const double d_scale = gamma * (d_inverse + kMore * kUnit * inverse);
    // Of a product with the mean, whose other factor is `value` and `apart`.
    const auto times_mean = [&](double value, double apart) {
        return (mean + d_mean) * apart + value * (d_mean + kMore * kUnit * mean);
    };
    return {d_mean, d_inverse, d_scale, times_mean(gamma * inverse, d_scale) + kMore * kUnit * beta,
            times_mean(inverse, d_inverse)};
}

// Mean and 1/deviation of every row, whose variance is E[(x - mean)^2] on every engine: what a mean is off by
// adds its square. The mean of an RMS norm is 0.
inline std::vector<Values> row_statistics_bounds(const VectorWork& work, double g) {
    const std::vector<Values> exact = exact_sums(work, false);
    const std::vector<Values> sizes = exact_sums(work, true);
    std::vector<Values> bounds{Values(exact[0].size()), Values(exact[0].size())};
    for (std::size_t r = 0; r < exact[0].size(); ++r) {
        const double off = g * sizes[0][r];
        const double t = 1 / (exact[1][r] * exact[1][r]);
        const double error = g * (t + off * off) + off * off;
        bounds[0][r] = 2 * off;
        bounds[1][r] =
            (1 + kMore * kUnit) / std::sqrt(std::max(t - error, kNormEpsilon)) - 1 / std::sqrt(t + error);
    }
    return bounds;
}

// Of work that SAT has no program for but a GPU may run: rows' norms, losses, sums of gradients.
inline std::vector<Values> other_sum_bounds(const VectorWork& work) {
    std::vector<Values> bounds;
    for (const std::span<double> sum : work.sums) bounds.emplace_back(sum.size());
    const auto g_of = [&](std::size_t elements, std::size_t sums) {
        const double k = (static_cast<double>(elements / sums) + kMore) * kUnit;
        return k / (1 - k);
    };
    switch (work.task.op) {
        case VectorOp::NormStatistics:
            return row_statistics_bounds(work, g_of(work.maps[0].size(), bounds[0].size()));
        case VectorOp::NormGradStatistics: {
            // x - mean with magnitudes is |x| + |mean|.
            VectorWork sizes = work;
            std::vector<Values> operands;
            for (const auto& map : work.maps) operands.emplace_back(map.begin(), map.end());
            for (const auto& vector : work.vectors) operands.emplace_back(vector.begin(), vector.end());
            for (Values& values : operands)
                for (double& value : values) value = std::abs(value);
            for (double& value : operands[work.maps.size()]) value = -value;
            for (std::size_t i = 0; i < work.maps.size(); ++i) sizes.maps[i] = operands[i];
            for (std::size_t i = 0; i < work.vectors.size(); ++i)
                sizes.vectors[i] = operands[work.maps.size() + i];
            const std::vector<Values> exact = exact_sums(sizes, false);
            for (std::size_t v = 0; v < bounds.size(); ++v)
                for (std::size_t i = 0; i < bounds[v].size(); ++i)
                    bounds[v][i] = 2 * g_of(work.maps[0].size(), bounds[v].size()) * std::abs(exact[v][i]);
            return bounds;
        }
        case VectorOp::Loss: {
            // A row's is log(sum) + largest - x: the sum's relative error, and what rounding adds to each
            // term.
            double largest = 0;
            for (const double x : work.maps[0]) largest = std::max(largest, std::abs(x));
            const auto length = static_cast<double>(work.layer.in.channels);
            const double rows = static_cast<double>(work.maps[0].size()) / length;
            const double row = (length + kMore) * kUnit + kMore * kUnit * (2 * largest + std::log(length));
            bounds[0][0] = 2 * rows * (row + rows * kUnit * (2 * largest + std::log(length)));
            return bounds;
        }
        case VectorOp::BiasGrad:
        case VectorOp::Embed: {  // a row of a table may be taken by every position
            const std::vector<Values> sizes = exact_sums(work, true);
            const bool table = work.task.op == VectorOp::Embed;
            const std::int64_t row = work.length > 0 ? work.length : work.layer.out.channels;
            const double g =
                g_of(work.maps[0].size(), table ? static_cast<std::size_t>(row) : bounds[0].size());
            for (std::size_t i = 0; i < bounds[0].size(); ++i) bounds[0][i] = 2 * g * sizes[0][i];
            return bounds;
        }
        default:
            return bounds;
    }
}

// For every value of the task's sums.
inline std::vector<Values> sum_bounds(const VectorWork& work) {
    std::vector<Values> bounds;
    for (const std::span<double> sum : work.sums) bounds.emplace_back(sum.size());
    if (bounds.empty()) return bounds;
    if (!work.task.sat_capable) return other_sum_bounds(work);
    const double k = static_cast<double>(work.maps[0].size() / bounds[0].size()) + kMore;
    const double g = k * kUnit / (1 - k * kUnit);
    const std::vector<Values> sizes = exact_sums(work, true);
    if (work.task.op == VectorOp::NormStatistics) {
        const std::vector<Values> exact = exact_sums(work, false);
        for (std::size_t c = 0; c < bounds[0].size(); ++c) {
            const auto channel = norm_bounds(g, sizes[0][c], std::abs(exact[0][c]), exact[1][c],
                                             std::abs(work.vectors[0][c]), std::abs(work.vectors[1][c]));
            for (std::size_t v = 0; v < channel.size(); ++v) bounds[v][c] = channel[v];
        }
        return bounds;
    }
    for (std::size_t v = 0; v < bounds.size(); ++v)
        for (std::size_t c = 0; c < bounds[v].size(); ++c) bounds[v][c] = 2 * g * std::abs(sizes[v][c]);
    return bounds;
}

}  // namespace satsim::execute::test
