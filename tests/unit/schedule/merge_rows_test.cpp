// Merged kernel rows read the same elements in the same order of K.
#include "runtime/schedule/merge_rows.hpp"

#include <gtest/gtest.h>

#include <random>

#include "sim/verify/gemm_case.hpp"

namespace satsim::schedule {
namespace {

TEST(MergeRows, SameElementsInTheSameOrder) {
    std::mt19937_64 rng(5);
    isa::ArrayConfig array;
    int merged_tasks = 0;
    for (int round = 0; round < 300; ++round) {
        verify::CaseOptions options;
        options.kernel = true;
        options.stage = round % 2 == 0 ? Stage::FF : Stage::WU;
        options.max_channels = options.stage == Stage::WU ? 12 : 40;
        const GemmTask task = verify::random_task(rng, options);
        const GemmTask merged = merge_rows(task, array);
        if (merged == task) continue;
        ++merged_tasks;
        const Gather& g = task.gather;
        const Gather& m = merged.gather;
        const std::size_t width = g.taps.size() / m.taps.size();
        const int left = m.taps.front().dx - g.taps.front().dx;  // columns of zeros on the left
        ASSERT_EQ(m.channels, m.pixel * static_cast<int>(width));
        for (int x = 0; x < g.grid_w; ++x) {
            for (std::size_t tap = 0; tap < g.taps.size(); ++tap) {
                const Tap& row = m.taps[tap / width];
                ASSERT_EQ(row.dy, g.taps[tap].dy);
                const int begin = x * m.stride_x + row.dx;
                ASSERT_GE(begin, 0);
                ASSERT_LE(begin + static_cast<int>(width), m.in_w);  // never outside: no column needs a check
                ASSERT_EQ(begin + static_cast<int>(tap % width) - left, x * g.stride_x + g.taps[tap].dx);
            }
        }
    }
    EXPECT_GT(merged_tasks, 100);
}

TEST(MergeRows, LeavesLongRunsAndSingleColumnsAlone) {
    std::mt19937_64 rng(6);
    verify::CaseOptions options;
    options.kernel = true;
    GemmTask task = verify::random_task(rng, options);
    task.gather.channels = 512;
    EXPECT_EQ(merge_rows(task, isa::ArrayConfig{}), task);
    options.kernel = false;
    options.matrix = true;
    task = verify::random_task(rng, options);
    EXPECT_EQ(merge_rows(task, isa::ArrayConfig{}), task);
}

}  // namespace
}  // namespace satsim::schedule
