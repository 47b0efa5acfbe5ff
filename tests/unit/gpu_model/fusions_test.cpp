// What a GPU does in one kernel, found in the tasks of whole steps; and the kernel of whole attention.
#include "runtime/gpu_model/fusions.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <random>
#include <set>

#include "runtime/gpu_model/attention_model.hpp"
#include "runtime/gpu_model/gpu_target.hpp"
#include "runtime/recipe/recipe.hpp"
#include "runtime/workload/training_step.hpp"
#include "tests/unit/gpu_model/shipped.hpp"

namespace satsim::gpu {
namespace {

TrainingStep step_of(const std::string& network, Recompute recompute = Recompute::None) {
    Recipe recipe;
    recipe.method = Method::Bdwp;
    recipe.nm = {2, 8};
    recipe.recompute = recompute;
    return make_training_step(load_network(SATSIM_SOURCE_DIR "/models/networks/" + network + ".json"),
                              recipe);
}
std::vector<std::string> all_networks() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(SATSIM_SOURCE_DIR "/models/networks"))
        if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
    return names;
}
double seconds_of(const std::vector<TaskResult>& results) {
    double sum = 0;
    for (const TaskResult& result : results) sum += result.seconds;
    return sum;
}
const VectorTask* vector_of(const Task& task) {
    return std::get_if<VectorTask>(&task);
}

TEST(Fusions, OfEveryNetworkTakeEachTaskOnceAndShareTheirTime) {
    std::map<std::string, int> kinds;
    for (const std::string& name : all_networks()) {
        for (const Recompute recompute : {Recompute::None, Recompute::Attention, Recompute::Modules}) {
            const TrainingStep step = step_of(name, recompute);
            std::set<std::size_t> taken;
            for (const Fusion& fusion : find_fusions(step.tasks)) {
                ASSERT_FALSE(fusion.parts.empty()) << name;
                const auto times = times_of(step.tasks[fusion.tasks.front()]);
                for (const std::size_t task : fusion.tasks) {
                    EXPECT_TRUE(taken.insert(task).second) << name << ", task " << task;
                    EXPECT_EQ(times_of(step.tasks[task]), times) << name;
                }
                for (const FusedPart& part : fusion.parts) {
                    double sum = 0;
                    for (const FusedShare& share : part.shares) {
                        sum += share.share;
                        EXPECT_TRUE(std::ranges::count(fusion.tasks, share.task) == 1) << name;
                    }
                    EXPECT_NEAR(sum, 1, 1e-12) << name;
                    const VectorTask* vector = vector_of(part.task);
                    ++kinds[vector == nullptr ? "product" : to_string(vector->op)];
                }
            }
        }
    }
    for (const char* kind : {"product", "norm", "norm gradient", "softmax", "softmax gradient"})
        EXPECT_GE(kinds[kind], 20) << kind;
}

// Nothing that could be fused is left: no statistics of rows, no softmax of attention, no bias of a product.
TEST(Fusions, LeaveNothingOut) {
    for (const std::string& name : all_networks()) {
        const TrainingStep step = step_of(name, Recompute::Attention);
        std::set<std::size_t> taken;
        for (const Fusion& fusion : find_fusions(step.tasks))
            taken.insert(fusion.tasks.begin(), fusion.tasks.end());
        std::set<std::string> convolutions;
        for (const Task& task : step.tasks) {
            const auto* gemm = std::get_if<GemmTask>(&task);
            if (gemm != nullptr && (!gemm->is_matrix() || gemm->count > 1)) convolutions.insert(gemm->layer);
        }
        for (std::size_t i = 0; i < step.tasks.size(); ++i) {
            const VectorTask* vector = vector_of(step.tasks[i]);
            if (vector == nullptr || taken.contains(i)) continue;
            EXPECT_TRUE(vector->op != VectorOp::NormStatistics || vector->extra_bytes > 0)
                << name << ": " << vector->layer;
            EXPECT_TRUE(vector->attention.empty()) << name << ": " << vector->layer;
            EXPECT_TRUE(vector->op != VectorOp::Bias || convolutions.contains(vector->layer))
                << name << ": " << vector->layer;
        }
    }
}

// Whole attention multiplies what its products do, less what their blocks compute behind a causal mask.
TEST(Fusions, AttentionHasTheMultiplicationsOfItsProducts) {
    int causal = 0;
    int full = 0;
    for (const std::string& name : all_networks()) {
        const TrainingStep step = step_of(name);
        for (const Fusion& fusion : find_fusions(step.tasks)) {
            const VectorTask* first = vector_of(fusion.parts.front().task);
            if (first == nullptr || first->op != VectorOp::Softmax) continue;
            Macs products = 0;
            for (const std::size_t task : fusion.tasks)
                if (const auto* gemm = std::get_if<GemmTask>(&step.tasks[task]))
                    products += gemm->dense_macs();
            Macs whole = 0;
            for (const FusedPart& part : fusion.parts)
                whole += attention_macs(vector_of(part.task)->attention.front(), false);
            if (first->attention.front().causal) {
                EXPECT_LE(whole, products) << first->layer;
                EXPECT_GT(3 * whole, products) << first->layer;
                ++causal;
            } else {
                EXPECT_EQ(whole, products) << first->layer;
                ++full;
            }
        }
    }
    EXPECT_GE(causal, 10);
    EXPECT_GE(full, 10);
}

// An older attention layer: the bias of both projections is one task.
TEST(Fusions, OfAnAttentionLayerWithItsProjections) {
    const TrainingStep step = step_of("vit-cifar");
    std::vector<Fusion> of_layer;
    for (const Fusion& fusion : find_fusions(step.tasks)) {
        const auto& task = step.tasks[fusion.tasks.front()];
        const auto* gemm = std::get_if<GemmTask>(&task);
        if (gemm != nullptr && gemm->layer == "encoder.0.attention" && gemm->stage == Stage::FF)
            of_layer.push_back(fusion);
    }
    ASSERT_EQ(of_layer.size(), 2U);
    std::sort(of_layer.begin(), of_layer.end(),
              [](const Fusion& a, const Fusion& b) { return a.tasks.front() < b.tasks.front(); });
    const Fusion& bias = of_layer[0];  // qkv comes first
    ASSERT_EQ(bias.parts.size(), 2U);
    EXPECT_EQ(std::get<GemmTask>(bias.parts[0].task).part, "qkv");
    EXPECT_EQ(std::get<GemmTask>(bias.parts[1].task).part, "out");
    EXPECT_TRUE(std::get<GemmTask>(bias.parts[0].task).bias);
    const Fusion& attention = of_layer[1];
    EXPECT_EQ(attention.tasks.size(), 3U);  // scores, context, softmax
    ASSERT_EQ(attention.parts.size(), 1U);
    EXPECT_EQ(vector_of(attention.parts[0].task)->attention.front(),
              (AttentionShape{step.batch, 8, 8, 65, 65, 64, 64, false, 0}));
}

TEST(Fusions, TakenTheyCostTheirPartsAndNothingElse) {
    const Device device = shipped("h100");
    const TrainingStep step = step_of("open-qwen2vl", Recompute::Attention);
    std::vector<TaskResult> results;
    for (const Task& task : step.tasks) results.push_back(predict(device, task));
    for (const Fusion& fusion : find_fusions(step.tasks)) {
        std::vector<TaskResult> parts;
        for (const FusedPart& part : fusion.parts) parts.push_back(predict(device, part.task));
        const double before = seconds_of(results);
        double separate = 0;
        double joules = 0;
        for (const std::size_t task : fusion.tasks) separate += results[task].seconds;
        EXPECT_EQ(is_faster(fusion, parts, results), seconds_of(parts) < separate);
        take(fusion, parts, results);
        EXPECT_NEAR(seconds_of(results), before - separate + seconds_of(parts), 1e-9 * before);
        double part_joules = 0;
        for (const TaskResult& part : parts) part_joules += part.energy_j;
        for (const std::size_t task : fusion.tasks) joules += results[task].energy_j;
        EXPECT_NEAR(joules, part_joules, 1e-9 * part_joules);
    }
}

// A device never takes longer for it, and where it has no kernel of attention it says products.
TEST(Fusions, NeverMakeADeviceSlower) {
    for (const std::string& name : kShipped) {
        GpuModelTarget target(shipped(name));
        for (const char* network : {"vit-cifar", "open-qwen2vl"}) {
            const TrainingStep step = step_of(network);
            double separate = 0;
            for (const Task& task : step.tasks) separate += predict(target.device(), task).seconds;
            const std::vector<TaskResult> results = target.run(step.tasks, {});
            EXPECT_LT(seconds_of(results), separate) << name << ", " << network;
            for (std::size_t t = 0; t < results.size(); ++t) {
                ASSERT_EQ(results[t].kernel.has_value(), results[t].apart != nullptr);
                const TaskResult& alone = results[t].apart ? *results[t].apart : results[t];
                EXPECT_EQ(alone.seconds, predict(target.device(), step.tasks[t]).seconds);
            }
            const bool whole = std::ranges::any_of(
                results, [](const TaskResult& r) { return r.tile.find("whole attention") == 0; });
            EXPECT_EQ(whole, target.device().kernels.attention_efficiency.value > 0) << name;
        }
    }
}

// As the kernels that are measured: a prediction of what nothing runs could not be checked.
TEST(AttentionModel, RefusesWhatNoKernelTakes) {
    const Device device = shipped("h100");
    const AttentionShape good{8, 8, 8, 65, 65, 64, 64, false, 0};
    AttentionShape odd = good;
    odd.query_size = odd.value_size = 60;
    AttentionShape wide = good;
    wide.value_size = 264;
    AttentionShape single = good;
    single.queries = single.keys = 1;
    for (const bool gradient : {false, true}) {
        EXPECT_EQ(refuses_attention(device, good, gradient), "");
        EXPECT_EQ(refuses_attention(device, odd, gradient), "heads of no multiple of 8 channels");
        EXPECT_EQ(refuses_attention(device, wide, gradient), "heads above 256 channels");
        EXPECT_NE(refuses_attention(shipped("rtx2080ti"), good, gradient), "");
    }
    EXPECT_EQ(refuses_attention(device, single, false), "");
    EXPECT_EQ(refuses_attention(device, single, true), "a gradient over a single position");
}

// Products and a softmax take the place of a kernel that refuses.
TEST(AttentionModel, WhatItRefusesRunsAsProducts) {
    TrainingStep step = step_of("vit-cifar");
    for (Task& task : step.tasks)
        if (auto* vector = std::get_if<VectorTask>(&task))
            for (AttentionShape& shape : vector->attention) shape.query_size = shape.value_size = 60;
    for (const TaskResult& result : GpuModelTarget(shipped("h100")).run(step.tasks, {}))
        EXPECT_EQ(result.tile.find("whole attention"), std::string::npos) << result.layer;
}

// By hand: 132 blocks of 128 queries on 132 SMs, each with 256 keys, heads of 64.
TEST(AttentionModel, IsTheBlocksOfTheBusiestSm) {
    Device device = shipped("h100");
    device.compute.sm_count.value = 132;
    device.kernels.launch_overhead.value = 0;
    device.kernels.attention_efficiency.value = 0.5;
    device.power.burst.value = 1e9;
    const AttentionShape shape{33, 4, 4, 128, 256, 64, 64, false, 0};
    const double flops = 33.0 * 4 * 128 * 256 * 2 * (64 + 64);
    EXPECT_NEAR(estimate(device, shape, false).compute_s, flops / (device.compute.tensor_dense.value * 0.5),
                1e-12);
    AttentionShape more = shape;
    more.sequences = 34;  // four blocks of a second wave
    EXPECT_NEAR(estimate(device, more, false).compute_s, 2 * estimate(device, shape, false).compute_s, 1e-12);
}

// Pairs behind the mask cost nothing but what whole blocks hold of them.
TEST(AttentionModel, AMaskHalvesLongSequences) {
    const Device device = shipped("h100");
    const AttentionShape full{4, 32, 8, 8192, 8192, 128, 128, false, 0};
    AttentionShape causal = full;
    causal.causal = true;
    AttentionShape window = causal;
    window.window = 1024;
    for (const bool gradient : {false, true}) {
        const double whole = estimate(device, full, gradient).compute_s;
        EXPECT_NEAR(estimate(device, causal, gradient).compute_s / whole, 0.5, 0.02);
        EXPECT_LT(estimate(device, window, gradient).compute_s, whole * (1024 + 256.0) / 8192);
        EXPECT_EQ(estimate(device, window, gradient).dram_bytes, estimate(device, full, gradient).dram_bytes);
    }
}

TEST(AttentionModel, NeverBelowItsBytesAndItsArithmetic) {
    std::mt19937 random(5);
    const auto pick = [&random](std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random);
    };
    for (const char* name : {"a100", "h100", "h200", "jetson-agx-orin"}) {
        const Device device = shipped(name);
        for (int i = 0; i < 500; ++i) {
            AttentionShape s{pick(1, 64),
                             0,
                             pick(1, 8),
                             pick(1, 3000),
                             pick(1, 3000),
                             8 * pick(1, 32),
                             8 * pick(1, 32),
                             pick(0, 1) == 1,
                             0};
            s.heads = s.kv_heads * pick(1, 4);
            if (s.causal) s.keys = s.queries;
            if (s.causal && pick(0, 1) == 1) s.window = pick(1, 3000);
            const bool gradient = pick(0, 1) == 1;
            if (gradient && s.queries == 1 && s.keys == 1) continue;
            ASSERT_EQ(refuses_attention(device, s, gradient), "");
            const VectorEstimate e = estimate(device, s, gradient);
            EXPECT_GE(e.seconds * device.memory.bandwidth.value,
                      static_cast<double>(attention_bytes(s, gradient)));
            EXPECT_GE(e.seconds * device.compute.tensor_dense.value,
                      2 * static_cast<double>(attention_macs(s, gradient)));
            AttentionShape more = s;
            ++more.sequences;
            EXPECT_GE(estimate(device, more, gradient).seconds, e.seconds);
        }
    }
}

}  // namespace
}  // namespace satsim::gpu
