// Strips: which input rows they gather, and that programs with strips of every height compute the task.
#include "runtime/schedule/strip.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "runtime/functional/functional_sat.hpp"
#include "runtime/isa/checker.hpp"
#include "runtime/schedule/emit_gemm_os.hpp"
#include "sim/verify/gemm_case.hpp"

namespace satsim::schedule {
namespace {

Gather kernel(int rows, int columns, int stride_y, int distance, int grid_h) {
    Gather g;
    g.channels = 8;
    g.grid_h = grid_h;
    g.grid_w = 4;
    g.in_h = grid_h * stride_y;
    g.in_w = 4;
    g.stride_y = stride_y;
    g.taps.clear();
    for (int i = 0; i < rows * columns; ++i)
        g.taps.push_back({i / columns * distance - 1, i % columns - 1, i});
    return g;
}

TEST(Strip, HeightsDivideTheImageAndShareRows) {
    EXPECT_EQ(strip_heights(kernel(3, 3, 1, 1, 12)), (std::vector<int>{1, 2, 3, 4, 6, 12}));
    EXPECT_EQ(strip_heights(kernel(3, 3, 1, 1, 7)), (std::vector<int>{1, 7}));
    EXPECT_EQ(strip_heights(kernel(3, 3, 1, 1, 64)), (std::vector<int>{1, 2, 4, 8, 16}));
    EXPECT_EQ(strip_heights(kernel(3, 3, 2, 1, 4)), (std::vector<int>{1, 2, 4}));
    // Nothing shared: one row of the kernel, a stride of its height, rows that a stride never meets.
    EXPECT_EQ(strip_heights(kernel(1, 3, 1, 1, 4)), (std::vector<int>{1}));
    EXPECT_EQ(strip_heights(kernel(2, 2, 2, 1, 4)), (std::vector<int>{1}));
    EXPECT_EQ(strip_heights(kernel(3, 3, 3, 1, 4)), (std::vector<int>{1}));
    EXPECT_EQ(strip_heights(kernel(3, 3, 1, 2, 4)), (std::vector<int>{1}));
    // Dilated rows, two apart, with a stride of two.
    EXPECT_EQ(strip_heights(kernel(3, 3, 2, 2, 4)), (std::vector<int>{1, 2, 4}));
    // LOAD's step of 8 bits.
    EXPECT_EQ(strip_heights(kernel(40, 3, 32, 1, 16)), (std::vector<int>{1, 2, 4}));
    Gather uneven = kernel(3, 3, 1, 1, 4);
    uneven.taps.back().dx = 7;
    EXPECT_EQ(strip_heights(uneven), (std::vector<int>{1}));
    Gather tail = kernel(3, 3, 1, 1, 4);
    tail.tail.channels = 4;
    EXPECT_EQ(strip_heights(tail), (std::vector<int>{1}));
    EXPECT_THROW((void)make_strip(uneven, 2), std::logic_error);
    EXPECT_THROW((void)make_strip(tail, 2), std::logic_error);
    EXPECT_THROW((void)make_strip(kernel(3, 3, 1, 1, 4), 3), std::logic_error);
}

// Every row of C finds in the strip, from its first tap on, the input elements that it reads by itself.
TEST(Strip, RowsFindTheirTaps) {
    int strips = 0;
    for (const int stride : {1, 2}) {
        for (const int distance : {1, -1, 2, -2}) {
            for (const int rows : {2, 3, 5}) {
                const Gather g = kernel(rows, 2, stride, distance, 12);
                for (const int height : strip_heights(g)) {
                    const Strip strip = make_strip(g, height);
                    strips += height > 1 ? 1 : 0;
                    EXPECT_EQ(strip.gather.positions() * height, g.positions());
                    std::set<int> used;
                    for (int row = 0; row < height; ++row) {
                        for (std::size_t tap = 0; tap < g.taps.size(); ++tap) {
                            const std::size_t at = static_cast<std::size_t>(strip.first_tap(row)) + tap;
                            ASSERT_LT(at, strip.gather.taps.size());
                            EXPECT_EQ(strip.gather.taps[at].dx, g.taps[tap].dx);
                            EXPECT_EQ(strip.gather.taps[at].dy, row * stride + g.taps[tap].dy);
                            used.insert(static_cast<int>(at));
                        }
                    }
                    EXPECT_EQ(used.size(), strip.gather.taps.size());  // and nothing is fetched in vain
                }
            }
        }
    }
    EXPECT_GT(strips, 60);
}

isa::ArrayConfig array_of(int round) {
    isa::ArrayConfig array;
    array.rows = round % 2 == 0 ? 4 : 8;
    array.columns = 4;
    array.channels = round % 3 == 0 ? 2 : 1;
    array.west_lines = 128;
    array.north_value_lines = 256;
    array.north_index_lines = 128;
    array.result_addresses = 1024;
    return array;
}

TEST(Strip, ProgramsOfEveryHeightComputeTheTask) {
    std::mt19937_64 rng(20261127);
    constexpr NmPattern kPatterns[] = {{8, 8}, {2, 8}, {2, 4}, {1, 8}};
    int programs = 0;
    int descending = 0;
    int several = 0;  // instances
    for (int round = 0; round < 60; ++round) {
        verify::CaseOptions options;
        options.stage = round % 2 == 0 ? Stage::FF : Stage::BP;
        options.nm = kPatterns[round / 2 % 4];
        options.kernel = true;
        options.max_channels = round % 4 == 0 ? 40 : 12;
        options.count = round % 5 == 0 ? 2 : 1;
        const isa::ArrayConfig array = array_of(round);
        GemmTask task = verify::random_task(rng, options);
        if (round % 3 == 0) std::ranges::reverse(task.gather.taps);
        const std::vector<int> heights = strip_heights(task.gather);
        if (heights.size() == 1) continue;
        const verify::GemmCase data(task, array, rng);
        const MachineView machine{array, {}};
        for (const int height : heights) {
            for (const auto& [order, resident] :
                 {std::pair(LoopOrder::ColumnsOutside, true), std::pair(LoopOrder::ColumnsOutside, false),
                  std::pair(LoopOrder::RowsOutside, false)}) {
                GemmSchedule schedule;
                schedule.row_slots = 1 + round % 3;
                schedule.column_slots = 2;
                schedule.order = order;
                schedule.b_resident = resident;
                schedule.strip_rows = height;
                schedule.tile_m = std::int64_t{array.rows} * schedule.row_slots;
                schedule.tile_n = std::int64_t{array.columns} * schedule.column_slots;
                if (!plan_os(task, schedule, array).valid()) continue;
                SCOPED_TRACE(std::to_string(round) + ": " + schedule.tile_text());
                MemoryImage memory;
                for (const auto& [page, bytes] : data.memory().pages())
                    memory.write(page * MemoryImage::kPageBytes, *bytes);
                FunctionalSat sat(array);
                const isa::Program program = emit_gemm_os(task, schedule, machine);
                isa::check(program, schedule.tile_text());
                sat.run(program, memory);
                ASSERT_EQ(data.compare(memory), "");
                programs += height > 1 ? 1 : 0;
                descending += height > 1 && make_strip(task.gather, height).tap_step < 0 ? 1 : 0;
                several += height > 1 && task.count > 1 ? 1 : 0;
            }
        }
    }
    EXPECT_GT(programs, 60);
    EXPECT_GT(descending, 10);
    EXPECT_GT(several, 5);
}

}  // namespace
}  // namespace satsim::schedule
