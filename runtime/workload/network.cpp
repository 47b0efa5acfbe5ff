#include "runtime/workload/network.hpp"

#include <algorithm>
#include <numeric>

#include "runtime/workload/attention_spans.hpp"

namespace satsim {

constexpr Bytes kFp16Bytes = 2;

std::int64_t Layer::parameters() const {
    if (tied >= 0) return 0;
    const auto weights = static_cast<std::int64_t>(std::max<std::size_t>(sets.size(), 1));
    switch (kind) {
        case LayerKind::Conv:
        case LayerKind::ConvTranspose:
            return out.channels * (in.channels / groups) * kernel.area() + (bias ? out.channels : 0);
        case LayerKind::Linear:
            return weights * (out.channels * in.channels + (bias ? out.channels : 0));
        case LayerKind::BatchNorm:
        case LayerKind::GroupNorm:
            return affine ? 2 * in.channels : 0;
        case LayerKind::LayerNorm:
            return affine ? weights * (shift ? 2 : 1) * in.channels : 0;
        case LayerKind::RmsNorm:
            return affine ? weights * size : 0;
        case LayerKind::Parameter:
            return trained;
        case LayerKind::Lookup:
            return rows * out.channels;
        case LayerKind::Quantize:
            return rows * in.channels;
        case LayerKind::Embedding:
            return (class_token ? in.channels : 0) + out.channels * (rows > 0 ? rows : out.width);
        case LayerKind::Attention:
            return 4 * in.channels * in.channels + (bias ? 4 * in.channels : 0);
        default:
            return 0;
    }
}

Macs Layer::weight_macs() const {
    switch (kind) {
        case LayerKind::Conv:
            return out.elements() * (in.channels / groups) * kernel.area();
        case LayerKind::ConvTranspose:
            return in.elements() * (out.channels / groups) * kernel.area();
        case LayerKind::Linear:
            return out.elements() * in.channels;
        case LayerKind::Attention:
            return 4 * in.elements() * in.channels;
        default:
            return 0;
    }
}

Macs Layer::forward_macs() const {
    switch (kind) {
        case LayerKind::MatMul:
            return out.elements() * in.channels;
        case LayerKind::Attention:
            return weight_macs() + 2 * in.positions() * in.elements();  // scores and context
        case LayerKind::Attend:
            return seen_pairs(*this) * (in.channels + out.channels);
        case LayerKind::Quantize:
            return in.elements() * rows;
        default:
            return weight_macs();
    }
}

bool Layer::has_gemm() const {
    return kind == LayerKind::Conv || kind == LayerKind::ConvTranspose || kind == LayerKind::Linear ||
           kind == LayerKind::MatMul || kind == LayerKind::Attention || kind == LayerKind::Attend ||
           kind == LayerKind::Quantize;
}

std::int64_t Network::parameters() const {
    return std::accumulate(
        layers.begin(), layers.end(), std::int64_t{0},
        [](std::int64_t sum, const Layer& layer) { return sum + layer.repeat * layer.parameters(); });
}

Macs Network::forward_macs() const {
    return std::accumulate(layers.begin(), layers.end(), Macs{0}, [](Macs sum, const Layer& layer) {
        return sum + layer.repeat * layer.items * layer.forward_macs();
    });
}

const TensorShape& Network::shape_of(int index) const {
    return index < 0 ? inputs.at(static_cast<std::size_t>(-1 - index)).shape
                     : layers[static_cast<std::size_t>(index)].out;
}

std::int64_t Network::items_of(int index) const {
    return index < 0 ? inputs.at(static_cast<std::size_t>(-1 - index)).items
                     : layers[static_cast<std::size_t>(index)].items;
}

bool Network::lies_in(const Layer& layer, std::string_view pattern) const {
    if (layer.name == pattern || layer.path == pattern) return true;
    for (int node = layer.module; node > 0; node = modules[static_cast<std::size_t>(node)].parent) {
        if (modules[static_cast<std::size_t>(node)].path == pattern) return true;
    }
    return false;
}

const std::string& Network::top_module(const Layer& layer) const {
    int node = layer.module;
    while (node > 0 && modules[static_cast<std::size_t>(node)].parent > 0)
        node = modules[static_cast<std::size_t>(node)].parent;
    return node > 0 ? modules[static_cast<std::size_t>(node)].name : name;
}

Bytes Network::activation_bytes(const Layer& layer) {
    if (layer.kind == LayerKind::Slice || layer.kind == LayerKind::Reshape || layer.fused) return 0;
    std::int64_t elements = layer.out.elements();
    // Q, K, V and the probabilities of every head are needed again by the gradient.
    if (layer.kind == LayerKind::Attention) {
        const std::int64_t width = layer.in.width;
        elements += 3 * layer.in.elements() + std::int64_t{layer.heads} * width * width;
    }
    if (layer.kind == LayerKind::Attend) elements += layer.heads * seen_pairs(layer);
    return layer.repeat * layer.items * elements * kFp16Bytes;
}

Bytes Network::activation_bytes(std::int64_t batch_size) const {
    std::int64_t elements = inputs.empty() ? input.elements() : 0;
    for (const NetworkInput& each : inputs) elements += each.items * each.shape.elements();
    Bytes bytes = elements * kFp16Bytes;
    Bytes once = 0;
    const std::vector<bool> shared = shared_by_samples();
    for (std::size_t i = 0; i < layers.size(); ++i) (shared[i] ? once : bytes) += activation_bytes(layers[i]);
    return bytes * batch_size + once;
}

int Network::first_gemm() const {
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (layers[i].has_gemm()) return static_cast<int>(i);
    }
    return -1;
}

std::vector<bool> Network::hands_gradient_down() const {
    std::vector<bool> below(layers.size(), false);
    for (std::size_t i = 0; i < layers.size(); ++i) {
        below[i] = std::any_of(layers[i].inputs.begin(), layers[i].inputs.end(), [&](int from) {
            return from >= 0 && (below[static_cast<std::size_t>(from)] ||
                                 layers[static_cast<std::size_t>(from)].has_weights());
        });
    }
    return below;
}

std::vector<bool> Network::shared_by_samples() const {
    std::vector<bool> shared(layers.size(), false);
    for (std::size_t i = 0; i < layers.size(); ++i) {
        shared[i] = std::all_of(layers[i].inputs.begin(), layers[i].inputs.end(), [&](int from) {
            return from >= 0 && shared[static_cast<std::size_t>(from)];
        });
    }
    return shared;
}

}  // namespace satsim
