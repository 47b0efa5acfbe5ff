// Every network's vector work is measured by a kernel of its own where there is one (which tensors kernels
// touch: kernel_tensors_test.cpp).
#include "runtime/gpu/device/vector_kernel.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "runtime/gpu_record/plan.hpp"
#include "runtime/workload/training_step.hpp"
#include "tests/unit/gpu/kernel_work.hpp"

namespace satsim::gpu {
namespace {

TEST(GpuVectorKernel, EveryNetworksWorkHasItsOwn) {
    const std::filesystem::path models = std::filesystem::path(SATSIM_SOURCE_DIR) / "models";
    std::map<std::string, int> kernels;
    std::map<VectorOp, int> traffic;
    for (const auto& file : std::filesystem::directory_iterator(models / "networks")) {
        for (const char* recipe : {"dense", "bdwp-2:8"}) {
            const TrainingStep step =
                make_training_step(load_network(file.path()), load_recipe(recipe, models), std::nullopt);
            for (const Work& work : plan_work(step.tasks, Kernels::Fused).works) {
                const auto* w = std::get_if<VectorWork>(&work);
                if (w == nullptr) continue;
                const VectorKernel kernel = kernel_of(*w);
                ++kernels[kernel.name];
                const auto* single = std::get_if<SingleKernel>(&kernel.operation);
                if (single != nullptr && *single == SingleKernel::Traffic) ++traffic[w->op];
            }
        }
    }
    for (const char* kernel :
         {"relu gradient", "gelu", "gated silu", "gated silu gradient", "softmax", "softmax gradient",
          "row norm", "row statistics", "channel norm", "channel statistics",
          "row gradient statistics and sums", "add of FP32", "bias", "bias gradient", "cross-entropy"})
        EXPECT_GT(kernels[kernel], 0) << kernel;
    // What is left to traffic of the same bytes, and why, is in docs/architecture/gpu.md.
    for (const auto& [op, count] : traffic)
        EXPECT_TRUE(test::is_measured_as_traffic(op)) << to_string(op) << ": " << count << " pieces of work";
}

constexpr const char* kTraffic = "traffic of the same bytes";

// With the tensors that its kernel moves, and with others.
TEST(GpuVectorKernel, ATensorMoreIsTraffic) {
    for (int i = 0; i <= static_cast<int>(VectorOp::ZeroFill); ++i) {
        const auto op = static_cast<VectorOp>(i);
        VectorWork w = test::kernel_work(op, {1, 64, 32});
        EXPECT_EQ(kernel_of(w).name == kTraffic, test::is_measured_as_traffic(op)) << to_string(op);
        // These follow the work's own tensors.
        if (op == VectorOp::Optimizer || op == VectorOp::Prune || op == VectorOp::ZeroFill) continue;
        w.reads_fp16 = 4;
        EXPECT_EQ(kernel_of(w).name, kTraffic) << to_string(op);
    }
}

VectorWork whole_norm(VectorOp op, int reads) {
    VectorWork w;
    w.op = op;
    w.shape = {1, 100, 768};
    w.elements = w.shape.elements();
    w.reads_fp16 = reads;
    w.writes_fp16 = 1;
    w.fused = true;
    return w;
}
TEST(GpuVectorKernel, NormsOfRowsWithTheirStatisticsAreOneWork) {
    VectorWork forward = whole_norm(VectorOp::NormApply, 1);
    EXPECT_EQ(kernel_of(forward).name, "row norm with statistics");
    EXPECT_EQ(std::get<Rowwise>(kernel_of(forward).operation), Rowwise::Norm);
    VectorWork backward = whole_norm(VectorOp::NormGradApply, 2);
    EXPECT_EQ(kernel_of(backward).name, "row norm gradient with statistics and sums");
    EXPECT_EQ(std::get<SingleKernel>(kernel_of(backward).operation), SingleKernel::RowNormGradient);
    // What these kernels do not move, or have no way to do, is said to be traffic.
    EXPECT_EQ(kernel_of(whole_norm(VectorOp::NormApply, 2)).name, kTraffic);
    EXPECT_EQ(kernel_of(whole_norm(VectorOp::NormGradApply, 3)).name, kTraffic);
    EXPECT_EQ(kernel_of(whole_norm(VectorOp::Softmax, 1)).name, kTraffic);
    forward.extra_bytes = backward.extra_bytes = 8 * 768;  // of channels
    EXPECT_EQ(kernel_of(forward).name, kTraffic);
    EXPECT_EQ(kernel_of(backward).name, kTraffic);
}

TEST(GpuVectorKernel, TensorsThatNoKernelMovesAreTraffic) {
    VectorWork w;
    w.op = VectorOp::Add;
    w.elements = 64;
    w.reads_fp16 = 2;
    w.writes_fp16 = 1;
    EXPECT_EQ(kernel_of(w).name, "add");
    w.reads_fp16 = 3;
    EXPECT_EQ(kernel_of(w).name, kTraffic);
    w.reads_fp16 = w.writes_fp16 = 0;
    w.reads_fp32 = 2;
    w.writes_fp32 = 1;
    EXPECT_EQ(kernel_of(w).name, "add of FP32");
    w.reads_fp32 = 3;
    EXPECT_EQ(kernel_of(w).name, kTraffic);
}

}  // namespace
}  // namespace satsim::gpu
