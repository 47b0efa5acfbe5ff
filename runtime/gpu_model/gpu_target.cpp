#include "runtime/gpu_model/gpu_target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "runtime/dispatch/gemm_result.hpp"
#include "runtime/dispatch/host_target.hpp"
#include "runtime/gpu_model/gemm_model.hpp"

namespace satsim::gpu {
namespace {

void finish(const Device& device, double dynamic_j, TaskResult& result) {
    result.provenance = Provenance::Modelled;
    result.energy_j = device.power.idle.value * result.seconds + dynamic_j;
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

// One kernel that streams its tensors through the CUDA cores.
TaskResult predict_vector(const Device& device, const VectorTask& task) {
    TaskResult result;
    result.layer = task.layer;
    result.stage = to_string(task.stage);
    result.kind = "vector";
    result.tile = to_string(task.op);
    if (task.operand_order) {
        result.tile += ", none: a GEMM reads either order";
        finish(device, 0, result);
        return result;
    }
    result.dram_bytes = bytes_read(task) + bytes_written(task);
    const auto bytes = static_cast<double>(result.dram_bytes);
    const double flops = static_cast<double>(task.elements) * task.flops_per_element;
    const double memory_s = bytes / (device.memory.bandwidth.value * device.kernels.memory_efficiency.value);
    const double compute_s = flops / device.compute.fp32.value;
    const double dynamic_j = flops * device.power.fp32_flop.value + bytes * device.power.dram_byte.value;
    const double power_s = dynamic_j / (device.power.board.value - device.power.idle.value);
    const double work_s = std::max({memory_s, compute_s, power_s});
    const double launch_s = device.kernels.launch_overhead.value;
    result.seconds = launch_s + work_s;
    if (launch_s >= work_s)
        result.bound = Bound::Launch;
    else if (memory_s >= work_s)
        result.bound = Bound::Bandwidth;
    else
        result.bound = compute_s >= work_s ? Bound::Compute : Bound::Power;
    finish(device, dynamic_j, result);
    return result;
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
    return results;
}

}  // namespace satsim::gpu
