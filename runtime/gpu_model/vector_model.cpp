#include "runtime/gpu_model/vector_model.hpp"

#include <algorithm>

#include "runtime/dispatch/host_target.hpp"
#include "runtime/gpu_model/attention_model.hpp"
#include "runtime/workload/norm_axis.hpp"

namespace satsim::gpu {
namespace {

// Coefficients that each element of a channel needs at least: y = x + b, y = x*s + t, dx = dy*r + x*s + t.
int coefficients(const VectorTask& task) {
    if (task.shape.rows == 0) return 0;
    if (task.op == VectorOp::Bias) return 1;
    if (task.op == VectorOp::NormApply && is_norm_by_channel(task)) return 2;
    if (task.op == VectorOp::NormGradApply && is_norm_by_channel(task)) return 3;
    return 0;
}

bool packs(const VectorTask& task) {
    const auto sparse = [](const std::optional<NmPattern>& nm) { return nm && !nm->dense(); };
    return sparse(task.pregenerate_ff) || sparse(task.pregenerate_bp);
}

const Figure& efficiency(const KernelFigures& kernels, Walk walk) {
    switch (walk) {
        case Walk::Packing:
            return kernels.packing_efficiency;
        case Walk::Rows:
            return kernels.row_efficiency;
        case Walk::Columns:
            return kernels.column_efficiency;
        case Walk::Elements:
            break;
    }
    return kernels.memory_efficiency;
}

// Gradients of rows' norms also sum those of scales and shifts: a second pass, along columns.
bool sums_columns(const VectorTask& task) {
    if (is_norm_by_channel(task) || task.shape.rows == 0) return false;
    return task.op == VectorOp::NormGradStatistics || (task.op == VectorOp::NormGradApply && task.fused);
}

}  // namespace

Walk walk_of(const VectorTask& task) {
    if (packs(task)) return Walk::Packing;
    if (task.shape.rows == 0) return Walk::Elements;
    switch (task.op) {
        case VectorOp::BiasGrad:
            return Walk::Columns;
        case VectorOp::NormStatistics:
        case VectorOp::NormGradStatistics:
            return is_norm_by_channel(task) ? Walk::Columns : Walk::Rows;
        case VectorOp::NormApply:
        case VectorOp::NormGradApply:
            return is_norm_by_channel(task) ? Walk::Elements : Walk::Rows;
        case VectorOp::Softmax:
        case VectorOp::SoftmaxGrad:
        case VectorOp::Loss:
            return Walk::Rows;
        default:
            return Walk::Elements;
    }
}

double coefficient_bytes(const VectorTask& task) {
    constexpr double kFp32 = 4;
    constexpr std::int64_t kWarp = 256;
    const auto channels = static_cast<double>(std::min(task.shape.columns, kWarp));
    return static_cast<double>(task.elements) * coefficients(task) * kFp32 * channels / kWarp;
}

Bound VectorEstimate::bound() const {
    const double work = seconds - launch_s;
    if (launch_s >= work) return Bound::Launch;
    if (std::max(memory_s, coefficient_s) >= work) return Bound::Bandwidth;
    return compute_s >= work ? Bound::Compute : Bound::Power;
}

VectorEstimate estimate(const Device& device, const VectorTask& task) {
    if (task.fused && !task.attention.empty())
        return estimate(device, task.attention.front(), task.op == VectorOp::SoftmaxGrad);
    const KernelFigures& kernels = device.kernels;
    const Walk walk = walk_of(task);
    const Bytes once = bytes_read(task) + bytes_written(task);
    const Bytes again = sums_columns(task) ? bytes_read(task) : 0;
    VectorEstimate e;
    e.dram_bytes = once + again;
    const auto bytes = static_cast<double>(e.dram_bytes);
    const double flops = static_cast<double>(task.elements) * task.flops_per_element;
    const double bandwidth = device.memory.bandwidth.value;
    e.memory_s = static_cast<double>(once) / (bandwidth * efficiency(kernels, walk).value) +
                 static_cast<double>(again) / (bandwidth * kernels.column_efficiency.value);
    e.coefficient_s = coefficient_bytes(task) / kernels.coefficient_bandwidth.value;
    e.compute_s = flops / device.compute.fp32.value;
    e.dynamic_j = flops * device.power.fp32_flop.value + bytes * device.power.dram_byte.value;
    e.power_s = e.dynamic_j / device.power.left();
    e.launch_s = kernels.launch_overhead.value;
    if (again > 0) e.launch_s += kernels.launch_overhead.value;
    if (walk == Walk::Columns || again > 0)
        e.launch_s += (task.reads_fp16 + task.reads_fp32) * kernels.column_overhead.value;
    if (walk == Walk::Packing) e.launch_s += kernels.packing_overhead.value;
    e.seconds = e.launch_s + std::max({e.memory_s, e.coefficient_s, e.compute_s, e.power_s});
    return e;
}

}  // namespace satsim::gpu
