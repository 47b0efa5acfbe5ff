#include <algorithm>
#include <array>

#include "runtime/execute/host_kernels.hpp"

namespace satsim::execute {
namespace {

// Of each element of a tensor of `in`, the element of a smaller one (`with`, extents of 1 are spread) that
// meets it.
class Spread {
  public:
    // `shared`: the small one is the same for every sample.
    Spread(const Layer& layer, bool shared) : in_(layer.in), with_(layer.with), shared_(shared) {}
    [[nodiscard]] std::size_t operator()(std::size_t i) const {
        const auto channels = static_cast<std::size_t>(in_.channels);
        const auto wide = static_cast<std::size_t>(in_.width);
        const auto high = static_cast<std::size_t>(in_.height);
        const std::size_t c = with_.channels == 1 ? 0 : i % channels;
        const std::size_t x = with_.width == 1 ? 0 : i / channels % wide;
        const std::size_t y = with_.height == 1 ? 0 : i / channels / wide % high;
        const std::size_t b = shared_ ? 0 : i / (channels * wide * high);
        const std::size_t row = (b * static_cast<std::size_t>(with_.height) + y);
        return (row * static_cast<std::size_t>(with_.width) + x) * static_cast<std::size_t>(with_.channels) +
               c;
    }

  private:
    TensorShape in_;
    TensorShape with_;
    bool shared_;
};

Spread spread_of(const VectorWork& work, std::size_t small) {
    return {work.layer, static_cast<std::int64_t>(small) == work.layer.with.elements()};
}

// maps: a, b -> results: a + b. FP32 where the task says so.
template <typename Real>
void add(const VectorWork& work) {
    const std::span<const double> a = work.maps[0];
    const std::span<const double> b = work.maps[1];
    const bool same = a.size() == b.size();
    const Spread place = spread_of(work, b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        const Real sum = static_cast<Real>(a[i]) + static_cast<Real>(b[same ? i : place(i)]);
        work.results[0][i] = work.task.reads_fp32 > 0 ? as_sum(sum) : as_map(sum);
    }
}

// FF: maps a, b -> results a * b. BP: maps dy, a, b -> results da, db.
template <typename Real>
void multiply(const VectorWork& work) {
    const bool forward = work.task.stage == Stage::FF;
    const std::span<const double> a = work.maps[forward ? 0 : 1];
    const std::span<const double> b = work.maps[forward ? 1 : 2];
    const bool same = a.size() == b.size();
    const Spread place = spread_of(work, b.size());
    std::vector<Real> sums(forward ? 0 : b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        const std::size_t j = same ? i : place(i);
        if (forward) {
            work.results[0][i] = as_map(static_cast<Real>(a[i]) * static_cast<Real>(b[j]));
        } else {
            const auto dy = static_cast<Real>(work.maps[0][i]);
            work.results[0][i] = as_map(dy * static_cast<Real>(b[j]));
            sums[j] += dy * static_cast<Real>(a[i]);
        }
    }
    for (std::size_t j = 0; j < sums.size(); ++j) work.results[1][j] = as_map(sums[j]);
}

// maps: x, vectors: one value a channel -> results. Copies (no vectors) move values as they are.
template <typename Real>
void bias(const VectorWork& work) {
    const std::span<const double> x = work.maps[0];
    if (work.task.op == VectorOp::Copy) {
        std::copy(x.begin(), x.end(), work.results[0].begin());
        return;
    }
    const std::span<const double> values = work.vectors[0];
    for (std::size_t i = 0; i < x.size(); ++i)
        work.results[0][i] = as_map(static_cast<Real>(x[i]) + static_cast<Real>(values[i % values.size()]));
}

// maps: dy -> sums: over all that the small operand was spread over, or (one value a channel) over positions.
template <typename Real>
void bias_gradient(const VectorWork& work) {
    const std::span<double> to = work.sums[0];
    const bool spread = work.layer.kind == LayerKind::Add && work.task.shape.rows == 0;
    const Spread place = spread_of(work, to.size());
    std::vector<Real> sums(to.size());
    for (std::size_t i = 0; i < work.maps[0].size(); ++i)
        sums[spread ? place(i) : i % sums.size()] += static_cast<Real>(work.maps[0][i]);
    for (std::size_t j = 0; j < sums.size(); ++j) to[j] = as_sum(sums[j]);
}

// maps: `taps` matrices of rows x columns -> results: each transposed.
void transpose(const VectorWork& work) {
    const MatrixShape& shape = work.task.shape;
    std::size_t from = 0;
    for (std::int64_t tap = 0; tap < shape.taps; ++tap)
        for (std::int64_t r = 0; r < shape.rows; ++r)
            for (std::int64_t c = 0; c < shape.columns; ++c)
                work.results[0][static_cast<std::size_t>((tap * shape.columns + c) * shape.rows + r)] =
                    work.maps[0][from++];
}

// Nearest neighbour. FF: maps x -> results y. BP: maps dy -> results dx.
template <typename Real>
void resize(const VectorWork& work) {
    const Layer& l = work.layer;
    const bool forward = work.task.stage == Stage::FF;
    const auto channels = static_cast<std::size_t>(l.in.channels);
    const auto small = static_cast<std::size_t>(l.in.elements());
    const auto large = static_cast<std::size_t>(l.out.elements());
    const std::size_t samples = (forward ? work.maps[0].size() / small : work.maps[0].size() / large);
    std::vector<Real> sums(forward ? 0 : samples * small);
    for (std::size_t i = 0; i < samples * large; ++i) {
        const auto x = static_cast<std::int64_t>(i / channels) % l.out.width;
        const auto y = static_cast<std::int64_t>(i / channels) / l.out.width % l.out.height;
        const auto row = static_cast<std::size_t>(y * l.in.height / l.out.height);
        const auto column = static_cast<std::size_t>(x * l.in.width / l.out.width);
        const std::size_t at = i / large * small +
                               (row * static_cast<std::size_t>(l.in.width) + column) * channels +
                               i % channels;
        if (forward)
            work.results[0][i] = work.maps[0][at];
        else
            sums[at] += static_cast<Real>(work.maps[0][i]);
    }
    for (std::size_t i = 0; i < sums.size(); ++i) work.results[0][i] = as_map(sums[i]);
}

}  // namespace

template <typename Real>
void element_work(const VectorWork& work) {
    switch (work.task.op) {
        case VectorOp::Add:
            return add<Real>(work);
        case VectorOp::Multiply:
            return multiply<Real>(work);
        case VectorOp::BiasGrad:
            return bias_gradient<Real>(work);
        case VectorOp::Transpose:
            return transpose(work);
        case VectorOp::Resize:
            return resize<Real>(work);
        case VectorOp::ZeroFill:
            std::fill(work.results[0].begin(), work.results[0].end(), 0.0);
            return;
        default:
            return bias<Real>(work);
    }
}

template void element_work<float>(const VectorWork& work);
template void element_work<double>(const VectorWork& work);

}  // namespace satsim::execute
