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

// For every value of the task's sums. 0 for what SAT has no program for: one engine's code alone runs it.
inline std::vector<Values> sum_bounds(const VectorWork& work) {
    std::vector<Values> bounds;
    for (const std::span<double> sum : work.sums) bounds.emplace_back(sum.size());
    if (bounds.empty() || !work.task.sat_capable) return bounds;
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
