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

inline constexpr int kUnit = 8;  // FP16 in 16 bytes, what is copied at a time

// A position, taken apart once: where its map row begins, before taps. Small, since a thread keeps many.
struct GatherRow {
    std::int32_t unit = 0;     // of the map, in units
    std::int16_t y = kBeyond;  // of the map; beyond the last position no tap reaches it
    std::int16_t x = 0;
    static constexpr std::int16_t kBeyond = -0x4000;
};
// What these types hold. Taps reach less far than kMostSide.
inline constexpr int kMostSide = 0x2000;
[[nodiscard]] inline bool fits_gather(const GatherView& view) {
    constexpr std::int64_t kMost = std::int64_t{1} << 31;
    const std::int64_t out = view.batch * view.out_h * view.out_w;
    return view.in_h <= kMostSide && view.in_w <= kMostSide && view.taps_y <= kMostSide / 8 &&
           view.taps_x <= kMostSide / 8 && view.positions() < kMost && out < kMost &&
           view.batch * view.in_h * view.in_w * (view.channels / kUnit) < kMost;
}

struct GatherPosition {
    std::uint32_t image;
    std::uint32_t y;
    std::uint32_t x;
};
SATSIM_HD inline GatherPosition gather_position(const GatherView& view, std::uint32_t position) {
    const auto width = static_cast<std::uint32_t>(view.grid_w);
    const auto height = static_cast<std::uint32_t>(view.grid_h);
    const std::uint32_t line = position / width;
    const std::uint32_t image = line / height;
    return {image, line - image * height, position - line * width};
}

// Of a position at or beyond the end: the first of the image after the last.
SATSIM_HD inline GatherPosition gather_position_or_end(const GatherView& view, std::int64_t position) {
    const std::int64_t end = view.positions();
    return gather_position(view, static_cast<std::uint32_t>(position < end ? position : end));
}

SATSIM_HD inline GatherRow gather_row(const GatherView& view, std::int64_t position) {
    GatherRow row;
    if (position >= view.positions()) return row;
    const GatherPosition p = gather_position(view, static_cast<std::uint32_t>(position));
    const int y = static_cast<int>(p.y) * view.stride_y;
    const int x = static_cast<int>(p.x) * view.stride_x;
    row.unit =
        ((static_cast<std::int32_t>(p.image) * view.in_h + y) * view.in_w + x) * (view.channels / kUnit);
    row.y = static_cast<std::int16_t>(y);
    row.x = static_cast<std::int16_t>(x);
    return row;
}

// A tap and a first channel, the same for all positions.
struct GatherTap {
    int dy = 0;
    int dx = 0;
    std::int32_t units = 0;  // from a row's
};
SATSIM_HD inline GatherTap gather_tap(const GatherView& view, int tap_y, int tap_x, int channel) {
    const int dy = view.first_dy + tap_y * view.step_dy;
    const int dx = view.first_dx + tap_x * view.step_dx;
    return {dy, dx, (dy * view.in_w + dx) * (view.channels / kUnit) + channel / kUnit};
}
// Unit of the map that `tap` reads for `row`; -1: zeros.
SATSIM_HD inline std::int32_t gather_unit(const GatherView& view, const GatherRow& row,
                                          const GatherTap& tap) {
    const auto y = static_cast<unsigned>(row.y + tap.dy);
    const auto x = static_cast<unsigned>(row.x + tap.dx);
    // No branch: `&`, not `&&`.
    const bool inside = (y < static_cast<unsigned>(view.in_h)) & (x < static_cast<unsigned>(view.in_w));
    return inside ? row.unit + tap.units : -1;
}
// Element of the map that tap number `tap` reads from channel `channel` on; -1: zeros.
SATSIM_HD inline std::int64_t gather_offset(const GatherView& view, const GatherRow& row, int tap,
                                            int channel) {
    if (channel >= view.channels || tap >= view.taps()) return -1;
    const std::int32_t unit =
        gather_unit(view, row, gather_tap(view, tap / view.taps_x, tap % view.taps_x, channel));
    return unit < 0 ? -1 : std::int64_t{unit} * kUnit + channel % kUnit;
}

// Row of the result's map, counted in positions of `out_h` x `out_w` images.
SATSIM_HD inline std::int64_t scatter_row(const GatherView& view, std::int64_t position) {
    if (view.step_y == 1 && view.step_x == 1 && view.grid_h == view.out_h && view.grid_w == view.out_w)
        return position;
    const GatherPosition p = gather_position(view, static_cast<std::uint32_t>(position));
    const int y = static_cast<int>(p.y) * view.step_y + view.off_y;
    const int x = static_cast<int>(p.x) * view.step_x + view.off_x;
    return (std::int64_t{p.image} * view.out_h + y) * view.out_w + x;
}

}  // namespace satsim::gpu
