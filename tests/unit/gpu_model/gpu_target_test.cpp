// Whole training steps on predicted GPUs.
#include "runtime/gpu_model/gpu_target.hpp"

#include <gtest/gtest.h>

#include "runtime/dispatch/host_target.hpp"
#include "runtime/workload/training_step.hpp"
#include "tests/unit/gpu_model/shipped.hpp"

namespace satsim::gpu {
namespace {

TrainingStep step_of(const std::string& network, Method method, std::int64_t batch) {
    Recipe recipe;
    recipe.method = method;
    if (method != Method::Dense) recipe.nm = {2, 8};
    return make_training_step(load_network(SATSIM_SOURCE_DIR "/models/networks/" + network + ".json"), recipe,
                              batch);
}

double seconds(const std::vector<TaskResult>& results) {
    double sum = 0;
    for (const TaskResult& result : results) sum += result.seconds;
    return sum;
}

TEST(GpuTarget, EveryTaskIsModelledAndPaysForItsIdlePower) {
    for (const std::string& name : kShipped) {
        GpuModelTarget target(shipped(name));
        EXPECT_EQ(target.name(), "gpu-model:" + name);
        for (const char* network : {"resnet18", "vit-cifar"}) {
            const TrainingStep step = step_of(network, Method::Bdwp, 64);
            const std::vector<TaskResult> results = target.run(step.tasks, {});
            ASSERT_EQ(results.size(), step.tasks.size());
            for (const TaskResult& r : results) {
                EXPECT_EQ(r.provenance, Provenance::Modelled);
                EXPECT_GE(r.energy_j, target.device().power.idle.value * r.seconds);
                EXPECT_LE(r.energy_j, target.device().power.burst.value * r.seconds * (1 + 1e-9));
                EXPECT_GE(r.seconds * target.device().memory.bandwidth.value,
                          static_cast<double>(r.dram_bytes));
                EXPECT_TRUE(r.kind == "gemm" || r.kind == "vector");
            }
        }
    }
}

TEST(GpuTarget, PruningNeverSlowsAGemmStageDown) {
    const Device device = shipped("h100");
    const auto gemms = [&device](const TrainingStep& step) {
        double sum = 0;
        for (const Task& task : step.tasks) {
            if (std::holds_alternative<GemmTask>(task)) sum += predict(device, task).seconds;
        }
        return sum;
    };
    EXPECT_LE(gemms(step_of("vit-cifar", Method::Bdwp, 256)),
              gemms(step_of("vit-cifar", Method::Dense, 256)));
}

TEST(GpuTarget, AFasterMemoryIsNeverSlower) {
    const TrainingStep step = step_of("resnet50", Method::Dense, 64);
    GpuModelTarget h100(shipped("h100"));
    GpuModelTarget h200(shipped("h200"));
    EXPECT_LE(seconds(h200.run(step.tasks, {})), seconds(h100.run(step.tasks, {})));
}

TEST(GpuTarget, AnOperandInTheOtherOrderCostsNothing) {
    VectorTask transpose;
    transpose.layer = "attention";
    transpose.op = VectorOp::Transpose;
    transpose.elements = 1 << 20;
    transpose.reads_fp16 = transpose.writes_fp16 = 1;
    transpose.operand_order = true;
    const Device device = shipped("a100");
    EXPECT_EQ(predict(device, transpose).seconds, 0);
    transpose.operand_order = false;  // a permutation that the network asks for
    const TaskResult moved = predict(device, transpose);
    EXPECT_EQ(moved.dram_bytes, Bytes{4} << 20);
    EXPECT_NEAR(moved.seconds, 4e-6 + (4 << 20) / (0.9 * 2.039e12), 1e-12);
}

TEST(GpuTarget, SmallKernelsAreBoundByTheirLaunch) {
    VectorTask bias;
    bias.elements = 100;
    bias.reads_fp16 = bias.writes_fp16 = 1;
    EXPECT_EQ(predict(shipped("h100"), bias).bound, Bound::Launch);
}

}  // namespace
}  // namespace satsim::gpu
