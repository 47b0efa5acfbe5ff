// Every network's vector work is measured by a kernel that moves the same tensors.
#include "runtime/gpu/device/vector_kernel.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "runtime/gpu_record/plan.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim::gpu {
namespace {

KernelTensors tensors_of_kernel(const VectorKernel& kernel) {
    if (const auto* e = std::get_if<Elementwise>(&kernel.operation)) return tensors_of(*e);
    if (const auto* r = std::get_if<Rowwise>(&kernel.operation)) return tensors_of(*r);
    return tensors_of(std::get<Columnwise>(kernel.operation));
}

TEST(GpuVectorKernel, MovesTheWorksTensors) {
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
                if (const auto* single = std::get_if<SingleKernel>(&kernel.operation)) {
                    if (*single == SingleKernel::Traffic) ++traffic[w->op];
                    continue;
                }
                EXPECT_EQ(tensors_of_kernel(kernel), (KernelTensors{w->reads_fp16, w->writes_fp16}))
                    << step.network << " " << describe(work);
                EXPECT_EQ(w->reads_fp32 + w->writes_fp32, 0) << describe(work);
            }
        }
    }
    for (const char* kernel :
         {"relu gradient", "gelu", "gated silu", "gated silu gradient", "softmax", "softmax gradient",
          "row norm", "row statistics", "channel norm", "channel statistics",
          "row gradient statistics and sums", "add of FP32", "bias", "bias gradient", "cross-entropy"})
        EXPECT_GT(kernels[kernel], 0) << kernel;
    // What is left to traffic of the same bytes, and why, is in docs/architecture/gpu.md.
    for (const auto& [op, count] : traffic) {
        switch (op) {
            case VectorOp::Pool:
            case VectorOp::PoolGrad:
            case VectorOp::Resize:
            case VectorOp::Embed:
            case VectorOp::Rotary:
            case VectorOp::Combine:
            case VectorOp::Nearest:
                break;
            default:
                ADD_FAILURE() << to_string(op) << ": " << count << " pieces of work";
        }
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
    constexpr const char* kTraffic = "traffic of the same bytes";
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
    EXPECT_EQ(kernel_of(w).name, "traffic of the same bytes");
    w.reads_fp16 = w.writes_fp16 = 0;
    w.reads_fp32 = 2;
    w.writes_fp32 = 1;
    EXPECT_EQ(kernel_of(w).name, "add of FP32");
    w.reads_fp32 = 3;
    EXPECT_EQ(kernel_of(w).name, "traffic of the same bytes");
}

}  // namespace
}  // namespace satsim::gpu
