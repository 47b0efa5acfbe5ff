#include "runtime/workload/weight_shape.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace satsim {

MatrixShape weight_shape(const Layer& layer) {
    switch (layer.kind) {
        case LayerKind::Conv:
        case LayerKind::ConvTranspose:
            return {std::int64_t{layer.kernel.area()} * layer.groups, layer.in.channels / layer.groups,
                    layer.out.channels / layer.groups};
        case LayerKind::Linear:
            return {static_cast<std::int64_t>(std::max<std::size_t>(layer.sets.size(), 1)), layer.in.channels,
                    layer.out.channels};
        case LayerKind::Attention:
            return {1, layer.in.channels, 4 * layer.in.channels};
        default:
            return {};
    }
}

std::vector<WeightShare> weight_shares(const Layer& layer) {
    if (layer.sets.empty()) return {{layer.in.positions(), {0}}};
    std::map<std::int64_t, std::vector<std::int64_t>, std::greater<>> found;
    for (std::size_t i = 0; i < layer.sets.size(); ++i)
        if (layer.sets[i] > 0) found[layer.sets[i]].push_back(static_cast<std::int64_t>(i));
    std::vector<WeightShare> shares;
    for (auto& [positions, weights] : found) shares.push_back({positions, std::move(weights)});
    return shares;
}

std::int64_t embedding_reach(const Layer& layer) {
    return (layer.class_token ? layer.in.channels : 0) + layer.out.channels * layer.out.width;
}

std::vector<int> tied_readers(const Network& network) {
    std::vector<int> readers(network.layers.size(), -1);
    for (std::size_t i = 0; i < readers.size(); ++i)
        if (const int owner = network.layers[i].tied; owner >= 0)
            readers[static_cast<std::size_t>(owner)] = static_cast<int>(i);
    return readers;
}

int weight_reader(const Network& network, const std::vector<int>& tied_readers, int index) {
    const auto i = static_cast<std::size_t>(index);
    const bool table = network.layers[i].kind == LayerKind::Lookup && !tied_readers.empty();
    return table && tied_readers[i] >= 0 ? tied_readers[i] : index;
}

}  // namespace satsim
