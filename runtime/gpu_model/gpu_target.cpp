#include "runtime/gpu_model/gpu_target.hpp"

#include <fmt/format.h>

#include <cmath>

#include "runtime/dispatch/gemm_result.hpp"
#include "runtime/gpu_model/attention_model.hpp"
#include "runtime/gpu_model/fusions.hpp"
#include "runtime/gpu_model/gemm_model.hpp"
#include "runtime/gpu_model/vector_model.hpp"

namespace satsim::gpu {
namespace {

void finish(const Device& device, double dynamic_j, TaskResult& result) {
    result.provenance = Provenance::Modelled;
    result.energy_j = device.power.running() * result.seconds + dynamic_j;
    result.cycles = static_cast<Cycles>(std::ceil(result.seconds * device.compute.clock.value));
}

std::string kernel_text(const GemmEstimate& e) {
    if (e.path == Path::CudaCores) return to_string(e.path);
    return fmt::format("{} {}x{}{}", to_string(e.path), e.tile.m, e.tile.n,
                       e.split > 1 ? fmt::format(" split {}", e.split) : "");
}

TaskResult predict_gemm(const Device& device, const GemmTask& task) {
    const GemmChoice choice = choose(device, task);
    const GemmEstimate& e = choice.estimate;
    TaskResult result = result_of(task);
    result.dense_reason = choice.dense_reason;
    result.tile = kernel_text(e);
    result.seconds = e.seconds;
    result.macs_issued = e.macs;
    result.dram_bytes = e.dram_bytes;
    result.bound = e.bound();
    finish(device, e.dynamic_j, result);
    return result;
}

TaskResult predict_vector(const Device& device, const VectorTask& task) {
    TaskResult result;
    result.layer = task.layer;
    result.stage = to_string(task.stage);
    result.kind = "vector";
    result.tile = name_of_work(task);
    if (task.operand_order) {
        result.tile += ", none: a GEMM reads either order";
        finish(device, 0, result);
        return result;
    }
    if (task.fused && !task.attention.empty()) {
        result.tile = "whole attention";
        result.macs_issued = attention_macs(task.attention.front(), task.op == VectorOp::SoftmaxGrad);
    }
    const VectorEstimate e = estimate(device, task);
    result.dram_bytes = e.dram_bytes;
    result.seconds = e.seconds;
    result.bound = e.bound();
    finish(device, e.dynamic_j, result);
    return result;
}

bool has_kernel_of(const Device& device, const Task& task) {
    const auto* vector = std::get_if<VectorTask>(&task);
    if (vector == nullptr || vector->attention.empty()) return true;
    const bool gradient = vector->op == VectorOp::SoftmaxGrad;
    return refuses_attention(device, vector->attention.front(), gradient).empty();
}

// What a device does in one kernel takes the place of its tasks where that is faster.
void fuse(const Device& device, const std::vector<Task>& tasks, std::vector<TaskResult>& results) {
    for (const Fusion& fusion : find_fusions(tasks)) {
        std::vector<TaskResult> parts;
        for (const FusedPart& part : fusion.parts) {
            if (!has_kernel_of(device, part.task)) break;
            parts.push_back(predict(device, part.task));
        }
        if (parts.size() < fusion.parts.size() || !is_faster(fusion, parts, results)) continue;
        for (const std::size_t i : fusion.tasks)
            results[i].apart = std::make_shared<const TaskResult>(results[i]);
        take(fusion, parts, results);
    }
}

}  // namespace

TaskResult predict(const Device& device, const Task& task) {
    if (const auto* gemm = std::get_if<GemmTask>(&task)) return predict_gemm(device, *gemm);
    return predict_vector(device, std::get<VectorTask>(task));
}

std::vector<TaskResult> GpuModelTarget::run(const std::vector<Task>& tasks,
                                            const std::function<void(std::size_t, std::size_t)>& progress) {
    std::vector<TaskResult> results;
    results.reserve(tasks.size());
    for (const Task& task : tasks) {
        results.push_back(predict(device_, task));
        if (progress) progress(results.size(), tasks.size());
    }
    fuse(device_, tasks, results);
    return results;
}

}  // namespace satsim::gpu
