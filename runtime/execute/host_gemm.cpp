// GEMMs of the host engine: the gathered map as a matrix, one product an instance.
#include <Eigen/Core>

#include "runtime/execute/host_engine.hpp"
#include "runtime/execute/host_kernels.hpp"

namespace satsim::execute {
namespace {

template <typename Real>
using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// [position][tap][channel]; zeros outside the map.
template <typename Real>
Matrix<Real> gathered(const GemmWork& work, std::int64_t z) {
    const Gather& g = work.task.gather;
    Matrix<Real> a(g.positions(), static_cast<std::int64_t>(g.taps.size()) * g.channels);
    Real* to = a.data();
    for (std::int64_t b = 0; b < g.batch; ++b) {
        for (int oy = 0; oy < g.grid_h; ++oy) {
            for (int ox = 0; ox < g.grid_w; ++ox) {
                for (const Tap& tap : g.taps) {
                    const int y = oy * g.stride_y + tap.dy;
                    const int x = ox * g.stride_x + tap.dx;
                    const bool inside = y >= 0 && y < g.in_h && x >= 0 && x < g.in_w;
                    const double* from = inside ? work.a.at(z, b, y, x) : nullptr;
                    for (int c = 0; c < g.channels; ++c) *to++ = inside ? static_cast<Real>(from[c]) : Real{};
                }
            }
        }
    }
    return a;
}

template <typename Real>
Matrix<Real> weight_of(const GemmWork& work, std::int64_t z) {
    const PackedWeight& w = *work.weight;
    const Gather& g = work.task.gather;
    Matrix<Real> b(work.task.shape.k, work.task.shape.n);
    const std::int64_t first = z * (w.taps / work.task.count);
    Real* to = b.data();
    for (const Tap& tap : g.taps) {
        const double* from = w.dense.data() + (first + tap.weight_tap) * w.k * w.n;
        for (std::int64_t i = 0; i < w.k * w.n; ++i) *to++ = static_cast<Real>(from[i]);
    }
    return b;
}

template <typename Real>
Matrix<Real> rows_of(const GemmWork& work, std::int64_t z) {
    Matrix<Real> b(work.task.shape.k, work.task.shape.n);
    for (std::int64_t k = 0; k < b.rows(); ++k)
        for (std::int64_t n = 0; n < b.cols(); ++n) b(k, n) = static_cast<Real>(work.b.at(z, k)[n]);
    return b;
}

template <typename Real>
void scatter(const GemmWork& work, std::int64_t z, const Matrix<Real>& c) {
    const Gather& g = work.task.gather;
    const Scatter& s = work.task.scatter;
    std::int64_t row = 0;
    for (std::int64_t b = 0; b < g.batch; ++b) {
        for (int y = 0; y < g.grid_h; ++y) {
            for (int x = 0; x < g.grid_w; ++x, ++row) {
                double* to = work.map.at(z, b, y * s.step_y + s.off_y, x * s.step_x + s.off_x);
                for (std::int64_t n = 0; n < c.cols(); ++n) to[n] = as_map(c(row, n));
            }
        }
    }
}

}  // namespace

template <typename Real>
void HostEngine<Real>::gemm(const GemmWork& work) {
    const GemmTask& task = work.task;
    for (std::int64_t z = 0; z < task.count; ++z) {
        const Matrix<Real> a = gathered<Real>(work, z);
        const Matrix<Real> b = work.weight != nullptr ? weight_of<Real>(work, z) : rows_of<Real>(work, z);
        if (!task.sums_positions()) {
            scatter<Real>(work, z, a * b);
            continue;
        }
        const Matrix<Real> c = a.transpose() * b;
        const int channels = task.gather.channels;
        const bool half = task.out == ElementType::Fp16;
        for (std::int64_t row = 0; row < c.rows(); ++row) {
            const Tap& tap = task.gather.taps[static_cast<std::size_t>(row / channels)];
            double* to = work.rows.at(z, std::int64_t{tap.weight_tap} * channels + row % channels);
            for (std::int64_t n = 0; n < c.cols(); ++n) to[n] = half ? as_map(c(row, n)) : as_sum(c(row, n));
        }
    }
}

template void HostEngine<float>::gemm(const GemmWork& work);
template void HostEngine<double>::gemm(const GemmWork& work);

}  // namespace satsim::execute
