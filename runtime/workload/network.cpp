#include "runtime/workload/network.hpp"

#include <numeric>

namespace satsim {

const char* to_string(LayerKind kind) {
    switch (kind) {
        case LayerKind::Conv:
            return "conv";
        case LayerKind::Linear:
            return "linear";
        case LayerKind::BatchNorm:
            return "batchnorm";
        case LayerKind::LayerNorm:
            return "layernorm";
        case LayerKind::Relu:
            return "relu";
        case LayerKind::Gelu:
            return "gelu";
        case LayerKind::MaxPool:
            return "maxpool";
        case LayerKind::AvgPool:
            return "avgpool";
        case LayerKind::GlobalPool:
            return "globalpool";
        case LayerKind::Add:
            return "add";
        case LayerKind::Flatten:
            return "flatten";
        case LayerKind::Tokens:
            return "tokens";
        case LayerKind::Embedding:
            return "embedding";
        case LayerKind::SelectToken:
            return "select-token";
        case LayerKind::Attention:
            return "attention";
        case LayerKind::Loss:
            return "loss";
    }
    return "?";
}

std::int64_t Layer::parameters() const {
    switch (kind) {
        case LayerKind::Conv:
            return out.channels * (in.channels / groups) * kernel * kernel + (bias ? out.channels : 0);
        case LayerKind::Linear:
            return out.channels * in.channels + (bias ? out.channels : 0);
        case LayerKind::BatchNorm:
        case LayerKind::LayerNorm:
            return 2 * in.channels;
        case LayerKind::Embedding:
            return (class_token ? in.channels : 0) + out.channels * out.width;
        case LayerKind::Attention:
            return 4 * in.channels * in.channels + (bias ? 4 * in.channels : 0);
        default:
            return 0;
    }
}

Macs Layer::forward_macs() const {
    const std::int64_t positions = std::int64_t{out.height} * out.width;
    switch (kind) {
        case LayerKind::Conv:
            return positions * out.channels * (in.channels / groups) * kernel * kernel;
        case LayerKind::Linear:
            return positions * out.channels * in.channels;
        case LayerKind::Attention:
            // Four projections, scores and context.
            return 4 * positions * in.channels * in.channels + 2 * positions * positions * in.channels;
        default:
            return 0;
    }
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
    for (const Layer& layer : layers) {
        bytes += layer.out.elements();
        // Q, K, V and the probabilities of every head are needed again by the gradient.
        if (layer.kind == LayerKind::Attention) {
            const std::int64_t tokens = layer.in.width;
            bytes += 3 * layer.in.elements() + std::int64_t{layer.heads} * tokens * tokens;
        }
    }
    return bytes * kFp16Bytes * batch_size;
}

int Network::first_gemm() const {
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (layers[i].has_gemm()) return static_cast<int>(i);
    }
    return -1;
}

}  // namespace satsim
