#include "runtime/schedule/merge_rows.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/schedule/fold_image.hpp"
#include "runtime/schedule/tensor_layout.hpp"

namespace satsim::schedule {
namespace {

// Width of the kernel rows when the taps are whole rows in the order of memory: the same consecutive columns
// for every row. 0 otherwise.
int row_width(const std::vector<Tap>& taps) {
    std::size_t width = 1;
    while (width < taps.size() && taps[width].dy == taps.front().dy) ++width;
    if (taps.size() % width != 0) return 0;
    for (std::size_t i = 0; i < taps.size(); ++i) {
        const Tap& head = taps[i - i % width];
        if (taps[i].dy != head.dy || taps[i].dx != taps.front().dx + static_cast<int>(i % width)) return 0;
    }
    return static_cast<int>(width);
}

}  // namespace

GemmTask merge_rows(const GemmTask& task, const isa::ArrayConfig& array) {
    if (std::optional<GemmTask> folded = fold_image(task)) return *std::move(folded);
    const Gather& g = task.gather;
    const int width = row_width(g.taps);
    if (width < 2 || g.pixel > 0) return task;
    const NmPattern nm = executed_pattern(task, array);
    const std::int64_t pixel = pad_channels(g.channels, nm.dense() ? 1 : nm.m);
    // Runs of one column are whole lines already.
    if (pixel * 2 >= array.line_bytes()) return task;
    // K groups must not straddle columns, and WU's rows only change where channels are padded.
    if (!task.sums_positions() && round_up<std::int64_t>(g.channels, nm.m) != pixel) return task;

    GemmTask merged = task;
    Gather& m = merged.gather;
    m.pixel = static_cast<int>(pixel);
    m.channels = static_cast<int>(pixel) * width;
    const int first = g.taps.front().dx;
    const int left = std::max(0, -first);
    const int last_column = (g.grid_w - 1) * g.stride_x + first + width - 1;
    m.in_w = left + std::max(g.in_w, last_column + 1);
    m.taps.clear();
    for (std::size_t i = 0; i < g.taps.size(); i += static_cast<std::size_t>(width)) {
        m.taps.push_back({g.taps[i].dy, first + left, static_cast<int>(i) / width});
    }
    const auto extent = static_cast<std::int64_t>(m.taps.size()) * m.channels;
    (task.sums_positions() ? merged.shape.m : merged.shape.k) = extent;
    return merged;
}

}  // namespace satsim::schedule
