#include "runtime/placement/turn_links.hpp"

#include <algorithm>

namespace satsim::placement {
namespace {

std::size_t at(int index) {
    return static_cast<std::size_t>(index);
}

}  // namespace

TurnLinks::TurnLinks(const Network& network, const std::vector<LayerPlan>& plan)
    : network_(network), turns_(network.layers.size(), 1), readers_(network.layers.size()) {
    find_turns();
    find_ends();
    find_readers(plan);
}

void TurnLinks::find_turns() {
    std::map<int, std::int64_t> least;
    for (const Layer& layer : network_.layers) {
        if (layer.region < 0) continue;
        const auto [place, is_new] = least.emplace(layer.region, layer.repeat);
        if (!is_new) place->second = std::min(place->second, layer.repeat);
    }
    for (std::size_t l = 0; l < turns_.size(); ++l)
        if (network_.layers[l].region >= 0) turns_[l] = least[network_.layers[l].region];
}

bool TurnLinks::same_loop(int a, int b) const {
    return turns_[at(a)] > 1 && network_.layers[at(a)].region == network_.layers[at(b)].region;
}

void TurnLinks::find_ends() {
    const std::vector<Layer>& layers = network_.layers;
    for (std::size_t first = 0; first < layers.size();) {
        std::size_t end = first + 1;
        while (end < layers.size() && layers[end].region == layers[first].region) ++end;
        const std::size_t size = end - first;
        // The next copy has the same layers in the same order.
        for (std::size_t j = 0; turns_[first] > 1 && j < size && end + j < layers.size(); ++j) {
            const Layer& here = layers[first + j];
            const Layer& next = layers[end + j];
            if (here.path != next.path || here.inputs.size() != next.inputs.size()) break;
            for (std::size_t k = 0; k < here.inputs.size(); ++k) {
                const int own = static_cast<int>(first + j);
                const bool outside = here.inputs[k] < static_cast<int>(first);
                const bool into_loop = next.inputs[k] >= 0 && same_loop(own, next.inputs[k]);
                if (outside && into_loop) ends_[{own, k}] = next.inputs[k];
            }
        }
        first = end;
    }
}

std::vector<Link> TurnLinks::inputs_of(int layer, std::size_t k) const {
    const int input = network_.layers[at(layer)].inputs[k];
    std::vector<Link> links;
    const auto end = ends_.find({layer, k});
    if (input >= 0) {
        const Turns turns = same_loop(layer, input) ? Turns::Same
                            : end != ends_.end()    ? Turns::First
                                                    : Turns::Last;
        links.push_back({input, k, turns});
    }
    if (end != ends_.end()) links.push_back({end->second, k, Turns::Next});
    return links;
}

void TurnLinks::find_readers(const std::vector<LayerPlan>& plan) {
    for (std::size_t r = 0; r < network_.layers.size(); ++r) {
        if (!plan[r].gradient || !plan[r].hands_down) continue;
        const int reader = static_cast<int>(r);
        for (std::size_t k = 0; k < network_.layers[r].inputs.size(); ++k) {
            const int input = network_.layers[r].inputs[k];
            if (input >= 0 && (plan[at(input)].gradient)) {
                const Turns turns = same_loop(reader, input) ? Turns::Same
                                    : turns_[at(input)] > 1  ? Turns::First
                                                             : Turns::Last;
                readers_[at(input)].push_back({reader, k, turns});
            }
            const auto end = ends_.find({reader, k});
            if (end != ends_.end() && plan[at(end->second)].gradient)
                readers_[at(end->second)].push_back({reader, k, Turns::Next});
        }
    }
}

}  // namespace satsim::placement
