#include "runtime/workload/task.hpp"

#include <algorithm>

namespace satsim {

const char* to_string(VectorOp op) {
    switch (op) {
        case VectorOp::Activation:
            return "activation";
        case VectorOp::ActivationGrad:
            return "activation gradient";
        case VectorOp::NormStatistics:
            return "norm statistics";
        case VectorOp::NormApply:
            return "norm";
        case VectorOp::NormGradStatistics:
            return "norm gradient statistics";
        case VectorOp::NormGradApply:
            return "norm gradient";
        case VectorOp::Add:
            return "add";
        case VectorOp::Multiply:
            return "multiply";
        case VectorOp::Copy:
            return "copy";
        case VectorOp::Resize:
            return "resize";
        case VectorOp::Bias:
            return "bias";
        case VectorOp::BiasGrad:
            return "bias gradient";
        case VectorOp::Pool:
            return "pool";
        case VectorOp::PoolGrad:
            return "pool gradient";
        case VectorOp::Softmax:
            return "softmax";
        case VectorOp::SoftmaxGrad:
            return "softmax gradient";
        case VectorOp::Loss:
            return "loss";
        case VectorOp::Embed:
            return "embedding";
        case VectorOp::Rotary:
            return "rotary";
        case VectorOp::Combine:
            return "combine";
        case VectorOp::Nearest:
            return "nearest code";
        case VectorOp::Optimizer:
            return "optimizer";
        case VectorOp::Prune:
            return "prune";
        case VectorOp::Transpose:
            return "transpose";
        case VectorOp::ZeroFill:
            return "zero fill";
    }
    return "?";
}

std::int64_t AttentionShape::pairs() const {
    if (!causal) return queries * keys;
    const std::int64_t seen = window > 0 ? std::min(window, queries) : queries;
    return seen * (seen + 1) / 2 + (queries - seen) * seen;
}

std::string name_of_work(const VectorTask& task) {
    const std::string name = to_string(task.op);
    return task.relu ? name + " + " + to_string(VectorOp::Activation) : name;
}

}  // namespace satsim
