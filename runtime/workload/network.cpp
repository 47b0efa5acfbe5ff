#include "runtime/workload/network.hpp"

#include <algorithm>
#include <numeric>

namespace satsim {

std::int64_t Layer::parameters() const {
    switch (kind) {
        case LayerKind::Conv:
        case LayerKind::ConvTranspose:
            return out.channels * (in.channels / groups) * kernel.area() + (bias ? out.channels : 0);
        case LayerKind::Linear:
            return out.channels * in.channels + (bias ? out.channels : 0);
        case LayerKind::BatchNorm:
        case LayerKind::LayerNorm:
        case LayerKind::GroupNorm:
            return affine ? 2 * in.channels : 0;
        case LayerKind::Parameter:
            return trained;
        case LayerKind::Lookup:
            return rows * out.channels;
        case LayerKind::Embedding:
            return (class_token ? in.channels : 0) + out.channels * out.width;
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
        default:
            return weight_macs();
    }
}

bool Layer::has_gemm() const {
    return kind == LayerKind::Conv || kind == LayerKind::ConvTranspose || kind == LayerKind::Linear ||
           kind == LayerKind::MatMul || kind == LayerKind::Attention;
}

std::int64_t Network::parameters() const {
    return std::accumulate(layers.begin(), layers.end(), std::int64_t{0},
                           [](std::int64_t sum, const Layer& layer) { return sum + layer.parameters(); });
}

Macs Network::forward_macs() const {
    return std::accumulate(layers.begin(), layers.end(), Macs{0},
                           [](Macs sum, const Layer& layer) { return sum + layer.forward_macs(); });
}

Bytes Network::activation_bytes(std::int64_t batch_size) const {
    constexpr Bytes kFp16Bytes = 2;
    Bytes bytes = input.elements();
    Bytes once = 0;
    const std::vector<bool> shared = shared_by_samples();
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const Layer& layer = layers[i];
        if (layer.kind == LayerKind::Slice || layer.kind == LayerKind::Reshape) continue;
        (shared[i] ? once : bytes) += layer.out.elements();
        // Q, K, V and the probabilities of every head are needed again by the gradient.
        if (layer.kind == LayerKind::Attention) {
            const std::int64_t tokens = layer.in.width;
            bytes += 3 * layer.in.elements() + std::int64_t{layer.heads} * tokens * tokens;
        }
    }
    return (bytes * batch_size + once) * kFp16Bytes;
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
                                 layers[static_cast<std::size_t>(from)].parameters() > 0);
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
