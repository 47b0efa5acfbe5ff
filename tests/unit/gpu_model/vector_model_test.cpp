// Vector work: how kernels walk, and what each way costs.
#include "runtime/gpu_model/vector_model.hpp"

#include <gtest/gtest.h>

#include "tests/unit/gpu_model/shipped.hpp"

namespace satsim::gpu {
namespace {

VectorTask task(VectorOp op, std::int64_t rows, std::int64_t columns, Bytes extra) {
    VectorTask t;
    t.op = op;
    t.elements = rows * columns;
    t.shape = {1, rows, columns};
    t.reads_fp16 = t.writes_fp16 = 1;
    t.extra_bytes = extra;
    return t;
}

TEST(VectorModel, WalksFollowTheOperation) {
    EXPECT_EQ(walk_of(task(VectorOp::Activation, 64, 64, 0)), Walk::Elements);
    EXPECT_EQ(walk_of(task(VectorOp::Softmax, 64, 64, 0)), Walk::Rows);
    EXPECT_EQ(walk_of(task(VectorOp::NormApply, 64, 64, 0)), Walk::Rows);         // LayerNorm
    EXPECT_EQ(walk_of(task(VectorOp::NormApply, 64, 64, 1024)), Walk::Elements);  // batch norm
    EXPECT_EQ(walk_of(task(VectorOp::NormStatistics, 64, 64, 512)), Walk::Columns);
    EXPECT_EQ(walk_of(task(VectorOp::BiasGrad, 64, 64, 256)), Walk::Columns);
    VectorTask update = task(VectorOp::Optimizer, 64, 64, 0);
    update.pregenerate_ff = NmPattern{8, 8};
    EXPECT_EQ(walk_of(update), Walk::Elements);
    update.pregenerate_ff = NmPattern{2, 8};
    EXPECT_EQ(walk_of(update), Walk::Packing);
}

// By hand: a warp reads 256 elements, so 64 channels repeat four times within it.
TEST(VectorModel, CoefficientsOfAWarpAreReadOnce) {
    EXPECT_EQ(coefficient_bytes(task(VectorOp::NormApply, 64, 512, 1)), 64 * 512 * 2 * 4);
    EXPECT_EQ(coefficient_bytes(task(VectorOp::NormApply, 64, 64, 1)), 64 * 64 * 2 * 4 / 4);
    EXPECT_EQ(coefficient_bytes(task(VectorOp::Bias, 64, 256, 1)), 64 * 256 * 4);
    EXPECT_EQ(coefficient_bytes(task(VectorOp::Activation, 64, 512, 0)), 0);
}

TEST(VectorModel, EveryWalkHasItsShareOfTheBandwidth) {
    Device device = shipped("a100");
    device.kernels.row_efficiency.value = 0.3;
    device.kernels.column_efficiency.value = 0.5;
    device.kernels.column_overhead.value = 8e-6;
    device.kernels.coefficient_bandwidth.value = 1e9;
    const double launch = device.kernels.launch_overhead.value;
    const double peak = device.memory.bandwidth.value;
    const double bytes = 4.0 * 4096 * 4096;
    EXPECT_NEAR(estimate(device, task(VectorOp::Softmax, 4096, 4096, 0)).seconds,
                launch + bytes / (0.3 * peak), 1e-12);
    VectorTask sums = task(VectorOp::BiasGrad, 4096, 4096, 0);
    EXPECT_NEAR(estimate(device, sums).seconds, launch + 8e-6 + bytes / (0.5 * peak), 1e-12);
    sums.reads_fp16 = 2;
    EXPECT_NEAR(estimate(device, sums).launch_s, launch + 16e-6, 1e-12);
    const VectorEstimate norm = estimate(device, task(VectorOp::NormApply, 4096, 4096, 16));
    EXPECT_NEAR(norm.seconds, launch + 8.0 * 4096 * 4096 / 1e9, 1e-9);
    EXPECT_EQ(norm.bound(), Bound::Bandwidth);
}

}  // namespace
}  // namespace satsim::gpu
