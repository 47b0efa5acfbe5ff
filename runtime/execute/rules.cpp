// Which rule executes which kind of layer, and what is refused before anything runs.
#include <stdexcept>

#include "runtime/execute/host_kernels.hpp"
#include "runtime/execute/layer_run.hpp"
#include "runtime/execute/permutation.hpp"
#include "runtime/execute/rotary_head.hpp"
#include "runtime/support/error.hpp"
#include "runtime/workload/operands.hpp"

namespace satsim::execute {
namespace {

using K = LayerKind;

[[noreturn]] void refuse(const Layer& layer, const std::string& why) {
    throw InputError("layer " + layer.name, "", why);
}

void require_layer(const Layer& l) {
    if (l.repeat != 1)
        refuse(l, "stands for several layers; execution needs each written out (NetworkOptions::pieces)");
    if ((l.kind == K::Activation || l.kind == K::Glu) && element_rule(l) == nullptr)
        refuse(l, "execution has no rule for the function " + l.function);
    if (l.kind == K::Permute && !has_one_meaning(l))
        refuse(l, "has a shape that does not say where its elements go (docs/architecture/execution.md)");
}

}  // namespace

LayerRule rule_of(LayerKind kind) {
    switch (kind) {
        case K::Conv:
        case K::ConvTranspose:
            return LayerRule{forward_convolution, backward_convolution};
        case K::Linear:
            return LayerRule{forward_linear, backward_linear};
        case K::BatchNorm:
            return LayerRule{forward_channel_norm, backward_channel_norm};
        case K::LayerNorm:
        case K::RmsNorm:
        case K::GroupNorm:
            return LayerRule{forward_row_norm, backward_row_norm};
        case K::Relu:
        case K::Gelu:
        case K::Activation:
        case K::Glu:
            return LayerRule{forward_activation, backward_activation};
        case K::Softmax:
            return LayerRule{forward_softmax, backward_softmax};
        case K::MaxPool:
        case K::AvgPool:
        case K::GlobalPool:
        case K::Reduce:
            return LayerRule{forward_pool, backward_pool};
        case K::Add:
            return LayerRule{forward_add, backward_add};
        case K::Mul:
            return LayerRule{forward_multiply, backward_multiply};
        case K::Concat:
            return LayerRule{forward_concat, backward_concat};
        case K::Slice:
        case K::SelectToken:
            return LayerRule{forward_slice, backward_slice};
        case K::Reshape:
        case K::Flatten:
        case K::Tokens:
            return LayerRule{forward_view, backward_view};
        case K::Permute:
            return LayerRule{forward_permute, backward_permute};
        case K::Select:
            return LayerRule{forward_select, backward_select};
        case K::Splice:
            return LayerRule{forward_splice, backward_splice};
        case K::Pad:
            return LayerRule{forward_pad, backward_pad};
        case K::Resize:
            return LayerRule{forward_resize, backward_resize};
        case K::Parameter:
            return LayerRule{forward_parameter, backward_parameter};
        case K::Lookup:
            return LayerRule{forward_lookup, backward_lookup};
        case K::Embedding:
            return LayerRule{forward_embedding, backward_embedding};
        case K::Rope:
            return LayerRule{forward_rope, backward_rope};
        case K::Attend:
            return LayerRule{forward_attend, backward_attend};
        case K::Quantize:
            return LayerRule{forward_quantize, backward_quantize};
        case K::Loss:
            return LayerRule{forward_loss, backward_loss};
        case K::MatMul:
            return LayerRule{forward_product, backward_product};
        case K::Attention:
            return LayerRule{forward_attention, backward_attention};
        case K::Combine:
            return LayerRule{forward_combine, backward_combine};
    }
    throw std::logic_error("a kind of layer without a rule");
}

void require_executable(const Network& network) {
    const std::vector<bool> shared = network.shared_by_samples();
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const Layer& layer = network.layers[i];
        require_layer(layer);
        if (layer.kind == K::Rope && !rotary_head(network, static_cast<int>(i)))
            refuse(layer, "turns heads of a size that no attention reading it in their order says");
        for (std::size_t k = 0; k < layer.inputs.size(); ++k) {
            const bool has_rule = layer.kind == K::Concat || layer.kind == K::MatMul ||
                                  layer.kind == K::Attend ||
                                  (k == 1 && (layer.kind == K::Add || layer.kind == K::Mul));
            if (!has_rule && sums_over_samples(layer, k, shared))
                refuse(
                    layer,
                    "combines a tensor that all samples share with each sample's in a way that execution has "
                    "no rule for");
        }
    }
}

}  // namespace satsim::execute
