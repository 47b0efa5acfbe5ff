#include "runtime/gpu_execute/gpu_engine.hpp"

namespace satsim::execute {

void GpuEngine::add_layers(const Network& network) {
    for (const Layer& layer : network.layers) layers_[layer.name] = {layer.kind, layer.function};
}

std::string GpuEngine::refusal(const Task& task) const {
    const auto* vector = std::get_if<VectorTask>(&task);
    return vector != nullptr ? refusal(*vector) : "";
}

std::string GpuEngine::refusal(const VectorTask& task) const {
    const auto found = layers_.find(task.layer);
    if (found == layers_.end()) return "the GPU engine does not know layer " + task.layer;
    const KnownLayer& layer = found->second;
    const auto none = [](const std::string& what) { return "the GPU has no kernel for " + what; };
    switch (task.op) {
        case VectorOp::Activation:
        case VectorOp::ActivationGrad:
            if (layer.kind == LayerKind::Relu || layer.kind == LayerKind::Gelu) return "";
            if (layer.function == "silu") return "";
            if (layer.kind == LayerKind::Activation && layer.function == "gelu") return "";
            return none((layer.kind == LayerKind::Glu ? "a gate of the function " : "the function ") +
                        layer.function);
        case VectorOp::Embed:  // a parameter's gradient is FP32, which the kernel does not read
            if (layer.kind == LayerKind::Parameter && task.stage != Stage::FF)
                return none("the gradient of a table that a parameter is gathered from");
            return "";
        case VectorOp::Multiply:
        case VectorOp::BiasGrad:
        case VectorOp::NormStatistics:
        case VectorOp::NormApply:
        case VectorOp::NormGradStatistics:
        case VectorOp::NormGradApply:
        case VectorOp::Add:
        case VectorOp::Copy:
        case VectorOp::Bias:
        case VectorOp::Softmax:
        case VectorOp::SoftmaxGrad:
        case VectorOp::Loss:
        case VectorOp::Optimizer:
        case VectorOp::Prune:
        case VectorOp::Transpose:
        case VectorOp::ZeroFill:
        case VectorOp::Resize:
        case VectorOp::Pool:
        case VectorOp::PoolGrad:
        case VectorOp::Rotary:
        case VectorOp::Nearest:
        case VectorOp::Combine:
            return "";
    }
    return none(to_string(task.op));
}

}  // namespace satsim::execute
