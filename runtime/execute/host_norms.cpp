// Normalisation. By channel (BN, and a product with a trained vector) the statistics are VEC's five vectors;
// by row (layernorm, groupnorm, rmsnorm) they are mean and 1/deviation of each row.
#include "runtime/execute/host_kernels.hpp"

namespace satsim::execute {
namespace {

bool by_channel(const Layer& layer) {
    return layer.kind == LayerKind::BatchNorm || layer.kind == LayerKind::Mul;
}

// Which elements are normalised together, and which scale each of them has.
struct Rows {
    explicit Rows(const Layer& layer, std::size_t elements) {
        const auto channels = static_cast<std::size_t>(layer.in.channels);
        if (layer.kind == LayerKind::GroupNorm) {
            run = channels / static_cast<std::size_t>(layer.groups);
            pitch = channels;
            groups = static_cast<std::size_t>(layer.groups);
            length = run * static_cast<std::size_t>(layer.in.positions());
            parameters = channels;
        } else {
            run = length = layer.kind == LayerKind::RmsNorm ? static_cast<std::size_t>(layer.size) : channels;
            parameters = length;
        }
        rows = elements / length;
    }
    [[nodiscard]] std::size_t element(std::size_t row, std::size_t i) const {
        if (groups == 0) return row * length + i;
        return row / groups * groups * length + i / run * pitch + row % groups * run + i % run;
    }
    [[nodiscard]] std::size_t parameter(std::size_t row, std::size_t i) const {
        return groups == 0 ? i : row % groups * run + i % run;
    }
    std::size_t rows = 0;
    std::size_t length = 0;
    std::size_t run = 0;
    std::size_t pitch = 0;
    std::size_t groups = 0;
    std::size_t parameters = 0;
};

// maps: x; vectors: gamma, beta -> sums: mean, 1/deviation, scale, shift, -mean/deviation.
template <typename Real>
void channel_statistics(const VectorWork& work) {
    const std::size_t channels = work.vectors[0].size();
    const std::span<const double> x = work.maps[0];
    const Real part = Real(1) / static_cast<Real>(x.size() / channels);
    for (std::size_t c = 0; c < channels; ++c) {
        Real sum = 0;
        Real squares = 0;
        for (std::size_t i = c; i < x.size(); i += channels) {
            const auto value = static_cast<Real>(x[i]);
            sum += value;
            squares += value * value;
        }
        const Real mean = sum * part;
        const Real variance = std::max(squares * part - mean * mean, Real(0));
        const Real inverse = Real(1) / std::sqrt(variance + static_cast<Real>(kNormEpsilon));
        const Real scale = static_cast<Real>(work.vectors[0][c]) * inverse;
        const Real values[] = {mean, inverse, scale, static_cast<Real>(work.vectors[1][c]) - mean * scale,
                               -(mean * inverse)};
        for (std::size_t v = 0; v < 5; ++v) work.sums[v][c] = as_sum(values[v]);
    }
}

// maps: x; vectors: scale, shift -> results.
template <typename Real>
void channel_apply(const VectorWork& work) {
    const std::size_t channels = work.vectors[0].size();
    for (std::size_t i = 0; i < work.maps[0].size(); ++i)
        work.results[0][i] =
            as_map(static_cast<Real>(work.maps[0][i]) * static_cast<Real>(work.vectors[0][i % channels]) +
                   static_cast<Real>(work.vectors[1][i % channels]));
}

// maps: dy, x; vectors: scale, 1/deviation, -mean/deviation -> sums: dbeta, dgamma, B, C.
template <typename Real>
void channel_gradient_statistics(const VectorWork& work) {
    const std::size_t channels = work.vectors[0].size();
    const std::span<const double> x = work.maps[1];
    const Real part = Real(1) / static_cast<Real>(x.size() / channels);
    for (std::size_t c = 0; c < channels; ++c) {
        const auto scale = static_cast<Real>(work.vectors[0][c]);
        const auto inverse = static_cast<Real>(work.vectors[1][c]);
        const auto offset = static_cast<Real>(work.vectors[2][c]);
        Real beta = 0;
        Real gamma = 0;
        for (std::size_t i = c; i < x.size(); i += channels) {
            const auto dy = static_cast<Real>(work.maps[0][i]);
            beta += dy;
            gamma += dy * (static_cast<Real>(x[i]) * inverse + offset);
        }
        const Real b = -(inverse * (scale * (gamma * part)));
        const Real values[] = {beta, gamma, b, -(offset * (scale * (gamma * part)) + scale * (beta * part))};
        for (std::size_t v = 0; v < 4; ++v) work.sums[v][c] = as_sum(values[v]);
    }
}

// maps: dy, x; vectors: B, C, scale -> results: dx = scale*dy + B*x + C.
template <typename Real>
void channel_gradient(const VectorWork& work) {
    const std::size_t channels = work.vectors[0].size();
    for (std::size_t i = 0; i < work.maps[0].size(); ++i) {
        const std::size_t c = i % channels;
        const Real rest = static_cast<Real>(work.maps[1][i]) * static_cast<Real>(work.vectors[0][c]) +
                          static_cast<Real>(work.vectors[1][c]);
        work.results[0][i] =
            as_map(static_cast<Real>(work.maps[0][i]) * static_cast<Real>(work.vectors[2][c]) + rest);
    }
}

// maps: x -> sums: mean (0 for rmsnorm), 1/deviation of each row.
template <typename Real>
void row_statistics(const VectorWork& work) {
    const std::span<const double> x = work.maps[0];
    const Rows rows(work.layer, x.size());
    const bool centred = work.layer.kind != LayerKind::RmsNorm;
    for (std::size_t r = 0; r < rows.rows; ++r) {
        Real sum = 0;
        for (std::size_t i = 0; centred && i < rows.length; ++i)
            sum += static_cast<Real>(x[rows.element(r, i)]);
        const Real mean = sum / static_cast<Real>(rows.length);
        Real squares = 0;
        for (std::size_t i = 0; i < rows.length; ++i) {
            const Real distance = static_cast<Real>(x[rows.element(r, i)]) - mean;
            squares += distance * distance;
        }
        const Real variance = squares / static_cast<Real>(rows.length);
        work.sums[0][r] = as_sum(mean);
        work.sums[1][r] = as_sum(Real(1) / std::sqrt(variance + static_cast<Real>(kNormEpsilon)));
    }
}

// maps: x; vectors: mean, 1/deviation, gamma, beta -> results.
template <typename Real>
void row_apply(const VectorWork& work) {
    const Rows rows(work.layer, work.maps[0].size());
    for (std::size_t r = 0; r < rows.rows; ++r) {
        const auto mean = static_cast<Real>(work.vectors[0][r]);
        const auto inverse = static_cast<Real>(work.vectors[1][r]);
        for (std::size_t i = 0; i < rows.length; ++i) {
            const std::size_t at = rows.element(r, i);
            const std::size_t p = rows.parameter(r, i);
            const Real normal = (static_cast<Real>(work.maps[0][at]) - mean) * inverse;
            work.results[0][at] = as_map(normal * static_cast<Real>(work.vectors[2][p]) +
                                         static_cast<Real>(work.vectors[3][p]));
        }
    }
}

// maps: dy, x; vectors: mean, 1/deviation, gamma -> sums: means of g*dy (0 for rmsnorm) and of g*dy*xhat of
// each row, dgamma, dbeta.
template <typename Real>
void row_gradient_statistics(const VectorWork& work) {
    const Rows rows(work.layer, work.maps[0].size());
    std::vector<Real> gamma(rows.parameters);
    std::vector<Real> beta(rows.parameters);
    for (std::size_t r = 0; r < rows.rows; ++r) {
        const auto mean = static_cast<Real>(work.vectors[0][r]);
        const auto inverse = static_cast<Real>(work.vectors[1][r]);
        Real plain = 0;
        Real turned = 0;
        for (std::size_t i = 0; i < rows.length; ++i) {
            const std::size_t at = rows.element(r, i);
            const std::size_t p = rows.parameter(r, i);
            const Real normal = (static_cast<Real>(work.maps[1][at]) - mean) * inverse;
            const auto dy = static_cast<Real>(work.maps[0][at]);
            const Real weighted = dy * static_cast<Real>(work.vectors[2][p]);
            plain += weighted;
            turned += weighted * normal;
            gamma[p] += dy * normal;
            beta[p] += dy;
        }
        const bool centred = work.layer.kind != LayerKind::RmsNorm;
        work.sums[0][r] = as_sum(centred ? plain / static_cast<Real>(rows.length) : Real(0));
        work.sums[1][r] = as_sum(turned / static_cast<Real>(rows.length));
    }
    for (std::size_t p = 0; p < rows.parameters; ++p) {
        work.sums[2][p] = as_sum(gamma[p]);
        work.sums[3][p] = as_sum(beta[p]);
    }
}

// maps: dy, x; vectors: mean, 1/deviation, gamma, and the two means -> results: dx.
template <typename Real>
void row_gradient(const VectorWork& work) {
    const Rows rows(work.layer, work.maps[0].size());
    for (std::size_t r = 0; r < rows.rows; ++r) {
        const auto mean = static_cast<Real>(work.vectors[0][r]);
        const auto inverse = static_cast<Real>(work.vectors[1][r]);
        for (std::size_t i = 0; i < rows.length; ++i) {
            const std::size_t at = rows.element(r, i);
            const Real normal = (static_cast<Real>(work.maps[1][at]) - mean) * inverse;
            const Real weighted = static_cast<Real>(work.maps[0][at]) *
                                  static_cast<Real>(work.vectors[2][rows.parameter(r, i)]);
            work.results[0][at] = as_map(inverse * (weighted - static_cast<Real>(work.vectors[3][r]) -
                                                    normal * static_cast<Real>(work.vectors[4][r])));
        }
    }
}

}  // namespace

template <typename Real>
void norm_work(const VectorWork& work) {
    const bool channel = by_channel(work.layer);
    switch (work.task.op) {
        case VectorOp::NormStatistics:
            return channel ? channel_statistics<Real>(work) : row_statistics<Real>(work);
        case VectorOp::NormApply:
            return channel ? channel_apply<Real>(work) : row_apply<Real>(work);
        case VectorOp::NormGradStatistics:
            return channel ? channel_gradient_statistics<Real>(work) : row_gradient_statistics<Real>(work);
        default:
            return channel ? channel_gradient<Real>(work) : row_gradient<Real>(work);
    }
}

template void norm_work<float>(const VectorWork& work);
template void norm_work<double>(const VectorWork& work);

}  // namespace satsim::execute
