// An image folded for its first convolution holds every element that the kernel reads where K expects it.
#include "runtime/schedule/fold_image.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "runtime/functional/functional_sat.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "runtime/schedule/tensor_layout.hpp"
#include "sim/verify/gemm_case.hpp"

namespace satsim::schedule {
namespace {

// A convolution over an image of `channels`, square kernel, stride and padding.
GemmTask convolution(Stage stage, int channels, int kernel, int stride, int padding, int grid) {
    GemmTask task;
    task.layer = "first";
    task.stage = stage;
    Gather& g = task.gather;
    g.batch = 2;
    g.grid_h = g.grid_w = grid;
    g.in_h = g.in_w = grid * stride;
    g.channels = channels;
    g.stride_y = g.stride_x = stride;
    g.from_host = true;
    g.taps.clear();
    for (int i = 0; i < kernel * kernel; ++i)
        g.taps.push_back({i / kernel - padding, i % kernel - padding, i});
    const std::int64_t extent = std::int64_t{kernel} * kernel * channels;
    task.shape =
        stage == Stage::WU ? GemmShape{extent, 64, g.positions()} : GemmShape{g.positions(), 64, extent};
    task.out = stage == Stage::WU ? ElementType::Fp32 : ElementType::Fp16;
    task.scatter.out_h = task.scatter.out_w = grid;
    return task;
}

// Every position begins at a word, and K meets each of the kernel's elements once; beside them it meets
// padding only.
void expect_all_elements(const GemmTask& task, const GemmTask& folded) {
    const Gather& g = task.gather;
    const Gather& f = folded.gather;
    ASSERT_EQ(folded.sums_positions() ? folded.shape.m : folded.shape.k, f.extent());
    ASSERT_EQ(f.pixel % 4, 0);
    ASSERT_EQ(f.tail.pixel % 4, 0);
    ASSERT_EQ(f.tail.offset % 4, 0);
    ASSERT_EQ(f.tail.row % 4, 0);
    const FoldedOrder order(g);
    std::set<std::pair<std::int64_t, std::int64_t>> met;
    for (std::size_t tap = 0; tap < g.taps.size(); ++tap) {
        for (int c = 0; c < g.channels; ++c) {
            const auto [record, element] = order.of(tap, c);
            ASSERT_GE(element, 0);
            ASSERT_LT(static_cast<std::size_t>(record), f.taps.size());
            ASSERT_LT(element, f.channels_of(static_cast<std::size_t>(record)));
            ASSERT_TRUE(met.emplace(record, element).second);
        }
    }
}

// An image stored record by record, as FoldedOrder has it, read as the folded task reads it.
void expect_order_agrees(const GemmTask& task, const GemmTask& folded) {
    const Gather& g = task.gather;
    const Gather& f = folded.gather;
    const FoldedOrder order(g);
    const int row = f.tail.channels > 0 ? f.tail.row : f.in_w * f.pixel;
    std::vector<int> stored(static_cast<std::size_t>(row * f.in_h));
    const auto number = [&](int y, int x, int c) {  // of a channel of a pixel; 0 outside
        const bool inside = y >= 0 && y < g.in_h && x >= 0 && x < g.in_w;
        return inside ? (y * g.in_w + x) * g.channels + c + 1 : 0;
    };
    for (int record = 0; record < f.in_h; ++record) {
        for (const FoldedOrder::Pixel& pixel : order.pixels(record)) {
            for (int c = 0; c < g.channels; ++c)
                stored.at(static_cast<std::size_t>(record * row + pixel.at + c)) =
                    number(pixel.row, pixel.column, c);
        }
    }
    for (std::size_t tap = 0; tap < g.taps.size(); ++tap) {
        for (int c = 0; c < g.channels; ++c) {
            const auto [record, element] = order.of(tap, c);
            const bool tail = f.is_tail(static_cast<std::size_t>(record));
            for (int y = 0; y < g.grid_h; ++y) {
                for (int x = 0; x < g.grid_w; ++x) {
                    const int dy = f.taps[static_cast<std::size_t>(record)].dy;
                    ASSERT_LT(y * f.stride_y + dy, f.in_h);
                    const std::int64_t at = (y * f.stride_y + dy) * row + (tail ? f.tail.offset : 0) +
                                            std::int64_t{x} * (tail ? f.tail.pixel : f.pixel) + element;
                    const Tap& kernel = g.taps[tap];
                    ASSERT_EQ(stored.at(static_cast<std::size_t>(at)),
                              number(y * g.stride_y + kernel.dy, x * g.stride_x + kernel.dx, c));
                }
            }
        }
    }
}

TEST(FoldImage, EveryElementStandsWhereKExpectsIt) {
    std::mt19937_64 rng(11);
    int folds = 0;
    int interleaved = 0;
    int tails = 0;
    for (int round = 0; round < 400; ++round) {
        verify::CaseOptions options;
        options.kernel = options.from_host = true;
        options.stage = round % 2 == 0 ? Stage::FF : Stage::WU;
        options.max_channels = round % 4 == 3 ? 20 : 7;  // of 8, 12, 16 and 20, rows of whole pixels
        const GemmTask task = verify::random_task(rng, options);
        const std::optional<GemmTask> folded = fold_image(task);
        if (!folded) continue;
        ++folds;
        if (folded->gather.stride_y != task.gather.stride_y) ++interleaved;
        if (folded->gather.tail.channels > 0) ++tails;
        expect_all_elements(task, *folded);
        expect_order_agrees(task, *folded);
        if (HasFailure()) return;
    }
    EXPECT_GT(folds, 60);
    EXPECT_GT(interleaved, 20);
    EXPECT_GT(tails, 5);
}

TEST(FoldImage, PatchesHaveNoPadding) {
    const GemmTask patches = convolution(Stage::FF, 3, 4, 4, 0, 8);
    const GemmTask folded = on_stored_input(patches);
    expect_all_elements(patches, folded);
    EXPECT_EQ(folded.gather.taps.size(), 1U);
    EXPECT_EQ(folded.shape.k, 48);
    EXPECT_EQ(layout_gemm(folded, {}).k_rows, 48);
    EXPECT_EQ(on_stored_input(convolution(Stage::WU, 3, 4, 4, 0, 8)).shape.m, 48);
}

// Eight channels are whole words, so K is no shorter; but a row of the kernel is one run.
TEST(FoldImage, RowsOfWholePixelsAreOneRun) {
    const GemmTask first = convolution(Stage::FF, 8, 3, 1, 1, 16);
    const GemmTask folded = on_stored_input(first);
    expect_all_elements(first, folded);
    EXPECT_EQ(folded.shape.k, first.shape.k);
    EXPECT_EQ(folded.gather.taps.size(), 3U);
    EXPECT_EQ(folded.gather.pixel, 8);
    EXPECT_EQ(folded.gather.in_w, 18);  // with the zeros beside the image
    expect_order_agrees(first, folded);
}

// Seven rows of seven columns of three channels: 147 elements, in place of seven runs of 28. Four rows are 84
// elements with columns that positions share, the other three 63 in windows of their own.
TEST(FoldImage, SevenBySevenWithStrideTwo) {
    const GemmTask first = convolution(Stage::FF, 3, 7, 2, 3, 16);
    const GemmTask folded = on_stored_input(first);
    expect_all_elements(first, folded);
    EXPECT_EQ(layout_gemm(folded, {}).k_rows, 148);
    EXPECT_EQ(folded.gather.pixel, 24);
    EXPECT_EQ(folded.gather.tail.pixel, 64);
    MachineView machine;
    const GemmTask update = on_stored_input(convolution(Stage::WU, 3, 7, 2, 3, 16));
    const GemmSchedule schedule = candidate_schedules(update, machine, {}, 1).front();
    // Five times the array's rows, twice its columns.
    const double slots = 5.0 * 2 * static_cast<double>(update.shape.k);
    EXPECT_NEAR(static_cast<double>(schedule.least), slots, 0.01 * slots);
}

// Kernels that end inside a record and such that do not, on images stored so, bit for bit.
TEST(FoldImage, EveryScheduleComputesFirstConvolutions) {
    std::mt19937_64 rng(3);
    MachineView machine;
    machine.array = {.rows = 8,
                     .columns = 8,
                     .channels = 2,
                     .west_lines = 128,
                     .north_value_lines = 256,
                     .north_index_lines = 128,
                     .result_addresses = 1024};
    for (const Stage stage : {Stage::FF, Stage::WU}) {
        for (const auto& [channels, kernel, stride, padding] :
             {std::tuple{3, 7, 2, 3}, std::tuple{3, 3, 2, 1}, std::tuple{3, 3, 1, 1}, std::tuple{1, 5, 4, 2},
              std::tuple{8, 3, 1, 1}, std::tuple{3, 4, 4, 0}}) {
            const GemmTask task = on_stored_input(convolution(stage, channels, kernel, stride, padding, 5));
            ASSERT_TRUE(task.gather.from_host);
            ASSERT_EQ(task.gather.stride_x, 1);
            const verify::GemmCase data(task, machine.array, rng);
            for (const GemmSchedule& schedule : candidate_schedules(task, machine, {}, 100)) {
                MemoryImage memory;
                for (const auto& [page, bytes] : data.memory().pages())
                    memory.write(page * MemoryImage::kPageBytes, *bytes);
                FunctionalSat sat(machine.array);
                sat.run(emit_gemm(task, schedule, machine), memory);
                ASSERT_EQ(data.compare(memory), "") << kernel << ' ' << schedule.tile_text();
            }
        }
    }
}

TEST(FoldImage, LeavesAloneWhatIsNoInputOrGainsNothing) {
    GemmTask inner = convolution(Stage::FF, 3, 7, 2, 3, 16);
    inner.gather.from_host = false;
    EXPECT_FALSE(fold_image(inner));
    EXPECT_FALSE(fold_image(convolution(Stage::FF, 8, 1, 2, 0, 16)));  // 8 channels have no padding
    GemmTask column = convolution(Stage::FF, 8, 3, 1, 1, 16);  // a kernel of one column has no rows to join
    std::erase_if(column.gather.taps, [](const Tap& tap) { return tap.dx != 0; });
    for (int i = 0; i < 3; ++i) column.gather.taps[static_cast<std::size_t>(i)].weight_tap = i;
    column.shape.k = 24;
    EXPECT_FALSE(fold_image(column));
    GemmTask sparse = convolution(Stage::FF, 3, 7, 2, 3, 16);
    sparse.nm = {2, 4};
    EXPECT_FALSE(fold_image(sparse));
}

}  // namespace
}  // namespace satsim::schedule
