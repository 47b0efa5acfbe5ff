// A piece of vector work of every operation, with the tensors that its own kernel moves, if it has one.
#pragma once

#include "runtime/gpu_record/work.hpp"

namespace satsim::gpu::test {

// Operations that no kernel measures: traffic of the same bytes stands for them (docs/architecture/gpu.md).
[[nodiscard]] inline bool is_measured_as_traffic(VectorOp op) {
    switch (op) {
        case VectorOp::Pool:
        case VectorOp::PoolGrad:
        case VectorOp::Resize:
        case VectorOp::Embed:
        case VectorOp::Rotary:
        case VectorOp::Combine:
        case VectorOp::Nearest:
            return true;
        default:
            return false;
    }
}

[[nodiscard]] inline VectorWork kernel_work(VectorOp op, const MatrixShape& shape) {
    VectorWork w;
    w.op = op;
    w.shape = shape;
    w.elements = shape.elements();
    w.reads_fp16 = 1;
    w.writes_fp16 = 1;
    switch (op) {
        case VectorOp::ActivationGrad:
        case VectorOp::NormGradApply:
        case VectorOp::Add:
        case VectorOp::Multiply:
        case VectorOp::SoftmaxGrad:
            w.reads_fp16 = 2;
            break;
        case VectorOp::NormGradStatistics:
            w.reads_fp16 = 2;
            w.writes_fp16 = 0;
            break;
        case VectorOp::NormStatistics:
        case VectorOp::BiasGrad:
            w.writes_fp16 = 0;
            break;
        case VectorOp::ZeroFill:
            w.reads_fp16 = 0;
            break;
        case VectorOp::Optimizer:
            w.reads_fp16 = w.writes_fp16 = 0;
            w.reads_fp32 = 4;
            w.writes_fp32 = 3;
            w.optimizer = "adam";
            w.pregenerate_ff = w.pregenerate_bp = NmPattern{2, 8};
            break;
        case VectorOp::Prune:
            w.writes_fp16 = 0;
            w.pregenerate_ff = NmPattern{2, 8};
            break;
        default:
            break;
    }
    return w;
}

}  // namespace satsim::gpu::test
