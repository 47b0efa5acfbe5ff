#include "runtime/gpu_execute/gpu_engine.hpp"

#include "runtime/workload/operands.hpp"

namespace satsim::execute {

void GpuEngine::add_layers(const Network& network) {
    const std::vector<bool> shared = network.shared_by_samples();
    for (const Layer& layer : network.layers)
        layers_[layer.name] = {layer.kind, layer.function,
                               second_operand(layer, shared) == SecondOperand::SameSize,
                               layer.with == layer.in};
}

std::string GpuEngine::refusal(const Task& task) const {
    if (const auto* vector = std::get_if<VectorTask>(&task)) return refusal(*vector);
    const auto& gemm = std::get<GemmTask>(task);
    return gemm.sparse_is_activation ? "the GPU has no kernel for a pruned gradient" : "";
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
            if (layer.kind == LayerKind::Glu) return none("a gated activation");
            if (layer.function == "gelu") return "";
            return none("the function " + layer.function);
        case VectorOp::Multiply:
            if (task.stage == Stage::FF || layer.same_size) return "";
            return none("gradients of a product with an operand that is spread");
        case VectorOp::BiasGrad:
            if (layer.kind != LayerKind::Add || task.shape.rows > 0 || layer.same_shape) return "";
            return none("the gradient of an operand that is spread over positions or channels");
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
        case VectorOp::Transpose:
        case VectorOp::ZeroFill:
            return "";
        case VectorOp::Resize:
        case VectorOp::Pool:
        case VectorOp::PoolGrad:
        case VectorOp::Embed:
        case VectorOp::Rotary:
        case VectorOp::Combine:
        case VectorOp::Nearest:
        case VectorOp::Prune:
            break;
    }
    return none(to_string(task.op));
}

}  // namespace satsim::execute
