// The definition of docs/formats/compare.md, "Compute-bound", on sizes whose numbers can be worked out by
// hand.
#include "runtime/schedule/compute_bound.hpp"

#include <gtest/gtest.h>

#include "runtime/schedule/executed_shape.hpp"
#include "runtime/workload/matrix_task.hpp"

namespace satsim::schedule {
namespace {

isa::ArrayConfig array() {
    isa::ArrayConfig config;
    config.rows = config.columns = 32;
    config.channels = 4;  // lines of 256 bytes
    return config;
}

GemmTask product(std::int64_t m, std::int64_t n, std::int64_t k, NmPattern nm) {
    return matrix_task("", {m, n, k}, nm);
}

TEST(CompulsoryBytes, AreEachOperandOnceWithoutPadding) {
    EXPECT_EQ(compulsory_bytes(product(3, 5, 7, {8, 8})), 2 * (3 * 7 + 7 * 5 + 3 * 5));
    // 2 of 8 values and half a byte of index for each.
    EXPECT_EQ(compulsory_bytes(product(16, 32, 64, {2, 8})), 2 * 16 * 64 + 64 * 32 / 4 * 5 / 2 + 2 * 16 * 32);
    GemmTask many = product(3, 5, 7, {8, 8});
    many.count = 6;
    EXPECT_EQ(compulsory_bytes(many), 6 * compulsory_bytes(product(3, 5, 7, {8, 8})));
    // A convolution reads its map once, not once a tap; WU writes FP32.
    GemmTask conv = product(16, 8, 9 * 4, {8, 8});
    conv.gather.channels = 4;
    conv.gather.taps.assign(9, Tap{});
    EXPECT_EQ(compulsory_bytes(conv), 2 * (16 * 4 + 36 * 8 + 16 * 8));
    GemmTask update = product(36, 8, 16, {8, 8});
    update.stage = Stage::WU;
    update.out = ElementType::Fp32;
    update.gather = conv.gather;
    EXPECT_EQ(compulsory_bytes(update), 2 * (16 * 4 + 16 * 8) + 4 * 36 * 8);
}

TEST(ComputeBound, NeedsArithmeticAboveTrafficAndLongDotProducts) {
    EXPECT_TRUE(compute_bound(product(1024, 1024, 1024, {8, 8}), array()));
    // m*n*k / 1024 MAC cycles against 1.2 * 2 (mk + kn + mn) / 256 bus cycles.
    EXPECT_FALSE(compute_bound(product(1024, 8, 1024, {8, 8}), array()));
    EXPECT_TRUE(compute_bound(product(1024, 16, 1024, {8, 8}), array()));
    EXPECT_FALSE(compute_bound(product(1024, 16, 1024, {2, 8}), array()));
    // K*N/M of 31 and 32.
    EXPECT_FALSE(compute_bound(product(4096, 4096, 31, {8, 8}), array()));
    EXPECT_TRUE(compute_bound(product(4096, 4096, 32, {8, 8}), array()));
    EXPECT_FALSE(compute_bound(product(4096, 4096, 127, {2, 8}), array()));
    EXPECT_TRUE(compute_bound(product(4096, 4096, 128, {2, 8}), array()));
}

// Pixels of half a line whose neighbours are not written, or not read, take a line each.
TEST(ComputeBound, ShortPixelsApartTakeWholeLines) {
    GemmTask phase = product(16384, 64, 128, {2, 8});  // 32,768 MAC cycles
    EXPECT_TRUE(compute_bound(phase, array()));        // 16,384 + 8,192 lines and 24 of weights
    phase.scatter.step_x = 2;
    EXPECT_FALSE(compute_bound(phase, array()));  // twice 16,384
    EXPECT_EQ(compulsory_bytes(phase), compulsory_bytes(product(16384, 64, 128, {2, 8})));

    GemmTask strided = product(16384, 32, 64, {2, 4});  // 16,384 MAC cycles
    EXPECT_TRUE(compute_bound(strided, array()));       // 8,192 + 4,096 lines
    strided.gather.stride_x = 2;
    strided.gather.in_w *= 2;
    EXPECT_FALSE(compute_bound(strided, array()));  // 16,384 + 4,096
}

TEST(ArrayFit, IsWhatRoundingAllows) {
    EXPECT_DOUBLE_EQ(array_fit(product(64, 96, 7, {8, 8}), Dataflow::OutputStationary, array()), 1);
    EXPECT_DOUBLE_EQ(array_fit(product(48, 96, 7, {8, 8}), Dataflow::OutputStationary, array()), 0.75);
    EXPECT_DOUBLE_EQ(array_fit(product(48, 10, 7, {8, 8}), Dataflow::OutputStationary, array()),
                     0.75 * 10 / 32);
    EXPECT_DOUBLE_EQ(array_fit(product(7, 64, 256, {2, 8}), Dataflow::WeightStationary, array()), 1);
    EXPECT_DOUBLE_EQ(array_fit(product(7, 64, 128, {2, 8}), Dataflow::WeightStationary, array()), 0.5);
}

// 3 x 3 blocks of 32 in tiles of 2 x 3 and, for the last row, 1 x 3, which takes as long as 4.
TEST(SlotFit, TilesOfFewResultsLeaveSlotsIdle) {
    const GemmTask task = product(65, 65, 64, {8, 8});
    GemmSchedule schedule;
    schedule.row_slots = 2;
    schedule.column_slots = 3;
    schedule.tile_m = 64;
    schedule.tile_n = 96;
    EXPECT_DOUBLE_EQ(slot_fit(task, schedule, array()), 0.9);
    schedule.tile_m = 96;
    schedule.tile_n = 64;
    schedule.row_slots = 3;
    schedule.column_slots = 2;
    EXPECT_DOUBLE_EQ(slot_fit(task, schedule, array()), 0.9);
    EXPECT_DOUBLE_EQ(slot_fit(product(96, 64, 64, {8, 8}), schedule, array()), 1);
    schedule.dataflow = Dataflow::WeightStationary;
    EXPECT_DOUBLE_EQ(slot_fit(task, schedule, array()), 0.75);
}

}  // namespace
}  // namespace satsim::schedule
