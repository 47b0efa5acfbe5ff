#include "runtime/workload/fused_activation.hpp"

#include <vector>

#include "runtime/workload/operands.hpp"

namespace satsim {
namespace {

bool ends_in_clipping_work(const Layer& layer, const std::vector<bool>& shared) {
    switch (layer.kind) {
        case LayerKind::BatchNorm:
            return true;
        case LayerKind::Add:
            return second_operand(layer, shared) == SecondOperand::SameSize;
        case LayerKind::Conv:
        case LayerKind::ConvTranspose:
        case LayerKind::Linear:
            return layer.bias && layer.sets.empty();
        default:
            return false;
    }
}

}  // namespace

void fuse_activations(Network& network) {
    std::vector<int> readers(network.layers.size(), 0);
    for (const Layer& layer : network.layers) {
        for (const int input : layer.inputs) {
            if (input >= 0) ++readers[static_cast<std::size_t>(input)];
        }
    }
    const std::vector<bool> shared = network.shared_by_samples();
    for (Layer& layer : network.layers) {
        if (layer.kind != LayerKind::Relu || layer.inputs.front() < 0) continue;
        const auto from = static_cast<std::size_t>(layer.inputs.front());
        Layer& before = network.layers[from];
        if (readers[from] != 1 || !ends_in_clipping_work(before, shared)) continue;
        // Of one copy: whether copies are counted or written out must change nothing.
        if (before.list != layer.list) continue;
        before.applies_relu = true;
        layer.fused = true;
    }
}

}  // namespace satsim
