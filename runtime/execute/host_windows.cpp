// Pools. FF: maps x -> results y. BP: maps dy, x, y -> results dx; a maximum's gradient goes to the first
// element that is as large.
#include <algorithm>
#include <limits>

#include "runtime/execute/host_kernels.hpp"

namespace satsim::execute {
namespace {

// Elements of a sample's input that output (y, x) sees, one channel each.
template <typename Visit>
void for_window(const Layer& l, int oy, int ox, Visit visit) {
    const bool whole = l.kind == LayerKind::GlobalPool || l.kind == LayerKind::Reduce;
    const bool all_rows =
        l.kind == LayerKind::GlobalPool || (l.kind == LayerKind::Reduce && l.axis == Axis::Height);
    const bool all_columns =
        l.kind == LayerKind::GlobalPool || (l.kind == LayerKind::Reduce && l.axis == Axis::Width);
    const int high = whole ? (all_rows ? l.in.height : 1) : l.kernel.h;
    const int wide = whole ? (all_columns ? l.in.width : 1) : l.kernel.w;
    for (int ky = 0; ky < high; ++ky) {
        for (int kx = 0; kx < wide; ++kx) {
            const int y = whole ? (all_rows ? ky : oy) : oy * l.stride.h - l.pad.top + ky * l.dilation.h;
            const int x = whole ? (all_columns ? kx : ox) : ox * l.stride.w - l.pad.left + kx * l.dilation.w;
            if (y >= 0 && y < l.in.height && x >= 0 && x < l.in.width) visit(y, x);
        }
    }
}

}  // namespace

template <typename Real>
void window_work(const VectorWork& work) {
    const Layer& l = work.layer;
    const bool forward = work.task.op == VectorOp::Pool;
    const bool maximum = l.kind == LayerKind::MaxPool;
    const std::span<const double> x = work.maps[forward ? 0 : 1];
    const auto in = static_cast<std::size_t>(l.in.elements());
    const std::size_t samples = x.size() / in;
    const std::int64_t merged = l.in.channels / l.out.channels;  // reduced channels
    std::vector<Real> sums(forward ? 0 : x.size());
    const auto element = [&](std::size_t b, int row, int column, std::int64_t c) {
        return b * in +
               static_cast<std::size_t>((std::int64_t{row} * l.in.width + column) * l.in.channels + c);
    };
    std::size_t o = 0;
    for (std::size_t b = 0; b < samples; ++b) {
        for (int oy = 0; oy < l.out.height; ++oy) {
            for (int ox = 0; ox < l.out.width; ++ox) {
                for (std::int64_t c = 0; c < l.out.channels; ++c, ++o) {
                    std::vector<std::size_t> seen;
                    for_window(l, oy, ox, [&](int row, int column) {
                        for (std::int64_t m = 0; m < merged; ++m)
                            seen.push_back(element(b, row, column, c * merged + m));
                    });
                    const auto largest = [&] {
                        return *std::ranges::max_element(seen, {}, [&](std::size_t i) { return x[i]; });
                    };
                    if (forward && maximum) {
                        work.results[0][o] = x[largest()];
                    } else if (forward) {
                        Real sum = 0;
                        for (const std::size_t i : seen) sum += static_cast<Real>(x[i]);
                        work.results[0][o] = as_map(sum / static_cast<Real>(seen.size()));
                    } else if (maximum) {
                        sums[largest()] += static_cast<Real>(work.maps[0][o]);
                    } else {
                        for (const std::size_t i : seen)
                            sums[i] += static_cast<Real>(work.maps[0][o]) / static_cast<Real>(seen.size());
                    }
                }
            }
        }
    }
    for (std::size_t i = 0; i < sums.size(); ++i) work.results[0][i] = as_map(sums[i]);
}

template void window_work<float>(const VectorWork& work);
template void window_work<double>(const VectorWork& work);

}  // namespace satsim::execute
