// How the dense operand of the own 2:4 kernel is read, and where its result goes: an implicit GEMM over a
// channels-last map, the rows of which are output positions and whose K runs over (tap, channel). A matrix is
// the map of one row of positions and one tap.
#pragma once

#include <cstdint>

#include "runtime/gpu/shared/host_device.hpp"

namespace satsim::gpu {

struct GatherView {
    std::int64_t batch = 1;
    int grid_h = 1;  // output positions of an image
    int grid_w = 1;
    int in_h = 1;  // map
    int in_w = 1;
    int channels = 0;  // multiple of 8: units of 16 bytes are inside or outside as a whole
    int stride_y = 1;
    int stride_x = 1;
    int taps_y = 1;  // taps are a grid: tap (ty, tx) reads row y*stride_y + first_dy + ty*step_dy
    int taps_x = 1;
    int first_dy = 0;
    int first_dx = 0;
    int step_dy = 1;
    int step_dx = 1;
    int first_weight_tap = 0;  // and has weights first + ty*step_y + tx*step_x
    int weight_tap_step_y = 1;
    int weight_tap_step_x = 1;
    int out_h =
        1;  // the map of the result: position (y, x) is its row y*step_y + off_y, column x*step_x + off_x
    int out_w = 1;
    int step_y = 1;
    int step_x = 1;
    int off_y = 0;
    int off_x = 0;

    [[nodiscard]] SATSIM_HD std::int64_t positions() const { return batch * grid_h * grid_w; }
    [[nodiscard]] SATSIM_HD int taps() const { return taps_y * taps_x; }
    [[nodiscard]] SATSIM_HD int weight_tap(int tap) const {
        return first_weight_tap + tap / taps_x * weight_tap_step_y + tap % taps_x * weight_tap_step_x;
    }

    // A product of `rows` x `channels`.
    [[nodiscard]] static GatherView matrix(std::int64_t rows, int channels) {
        GatherView view;
        view.batch = rows;
        view.channels = channels;
        return view;
    }
};

// A position, taken apart once.
struct GatherRow {
    int image = -1;  // -1: beyond the last position
    int y = 0;       // of the map, before taps
    int x = 0;
};

// Positions that fit a narrower `Index` are taken apart faster.
template <class Index>
SATSIM_HD inline GatherRow gather_row(const GatherView& view, Index position) {
    if (position >= view.positions()) return {};
    const Index line = position / view.grid_w;
    const auto x = static_cast<int>(position - line * view.grid_w);
    const Index image = line / view.grid_h;
    const auto y = static_cast<int>(line - image * view.grid_h);
    return {static_cast<int>(image), y * view.stride_y, x * view.stride_x};
}

// Element of the map that `tap` reads from channel `channel` on; -1: zeros.
SATSIM_HD inline std::int64_t gather_offset(const GatherView& view, const GatherRow& row, int tap,
                                            int channel) {
    if (row.image < 0 || channel >= view.channels || tap >= view.taps()) return -1;
    const int y = row.y + view.first_dy + tap / view.taps_x * view.step_dy;
    const int x = row.x + view.first_dx + tap % view.taps_x * view.step_dx;
    if (y < 0 || y >= view.in_h || x < 0 || x >= view.in_w) return -1;
    return ((std::int64_t{row.image} * view.in_h + y) * view.in_w + x) * view.channels + channel;
}

// Row of the result's map, counted in positions of `out_h` x `out_w` images.
template <class Index>
SATSIM_HD inline std::int64_t scatter_row(const GatherView& view, Index position) {
    const Index line = position / view.grid_w;
    const auto x = static_cast<int>(position - line * view.grid_w);
    const Index image = line / view.grid_h;
    const auto y = static_cast<int>(line - image * view.grid_h);
    return (std::int64_t{image} * view.out_h + y * view.step_y + view.off_y) * view.out_w + x * view.step_x +
           view.off_x;
}

}  // namespace satsim::gpu
