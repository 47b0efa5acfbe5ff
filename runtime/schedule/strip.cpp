#include "runtime/schedule/strip.hpp"

#include <cstdlib>
#include <stdexcept>

#include "runtime/isa/rules.hpp"

namespace satsim::schedule {
namespace {

// A kernel whose rows have the same columns and lie evenly apart.
struct KernelRows {
    int rows = 0;      // 0: it is none
    int columns = 0;   // taps of a row
    int distance = 0;  // from one row's dy to the next one's
};

KernelRows kernel_rows(const std::vector<Tap>& taps) {
    std::size_t columns = 1;
    while (columns < taps.size() && taps[columns].dy == taps.front().dy) ++columns;
    if (columns == taps.size() || taps.size() % columns != 0) return {};
    const int distance = taps[columns].dy - taps.front().dy;
    for (std::size_t i = 0; i < taps.size(); ++i) {
        const auto row = static_cast<int>(i / columns);
        if (taps[i].dy != taps.front().dy + row * distance || taps[i].dx != taps[i % columns].dx) return {};
    }
    return {static_cast<int>(taps.size() / columns), static_cast<int>(columns), distance};
}

// Kernel rows by which the beginnings of two rows of C lie apart; 0 where they share no input rows.
int rows_between(const Gather& gather, const KernelRows& kernel) {
    if (kernel.rows == 0 || gather.stride_y % kernel.distance != 0) return 0;
    const int between = gather.stride_y / kernel.distance;
    return std::abs(between) < kernel.rows ? between : 0;
}

}  // namespace

Strip make_strip(const Gather& gather, int rows) {
    Strip strip;
    strip.gather = gather;
    if (rows == 1) return strip;
    const KernelRows kernel = kernel_rows(gather.taps);
    const int between = rows_between(gather, kernel);
    if (between == 0 || gather.grid_h % rows != 0 || gather.tail.channels > 0)
        throw std::logic_error("strips of this gather");
    strip.rows = rows;
    strip.tap_step = between * kernel.columns;
    strip.gather.grid_h = gather.grid_h / rows;
    strip.gather.stride_y = gather.stride_y * rows;
    // With descending dy the first row in K's order is that of the strip's last row of C.
    const int first_dy = gather.taps.front().dy + (between < 0 ? (rows - 1) * gather.stride_y : 0);
    strip.gather.taps.clear();
    for (int row = 0; row < kernel.rows + (rows - 1) * std::abs(between); ++row) {
        for (int column = 0; column < kernel.columns; ++column) {
            // The weight that meets it depends on the row of C.
            strip.gather.taps.push_back(
                {first_dy + row * kernel.distance, gather.taps[static_cast<std::size_t>(column)].dx, 0});
        }
    }
    return strip;
}

std::vector<int> strip_heights(const Gather& gather) {
    std::vector<int> heights{1};
    if (gather.tail.channels > 0 || rows_between(gather, kernel_rows(gather.taps)) == 0) return heights;
    for (int rows = 2; rows <= kMostStripRows; ++rows) {
        if (gather.grid_h % rows == 0 && rows * gather.stride_y <= isa::kStrideLimit) heights.push_back(rows);
    }
    return heights;
}

}  // namespace satsim::schedule
