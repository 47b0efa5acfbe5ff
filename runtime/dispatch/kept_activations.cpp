#include "runtime/dispatch/kept_activations.hpp"

#include <algorithm>

#include "runtime/workload/attention_spans.hpp"

namespace satsim {
namespace {

constexpr Bytes kFp16Bytes = 2;

// How a layer's output is read.
struct Reading {
    bool kept = false;     // by a layer with a gradient, or it has one itself
    bool outside = false;  // by one in another copy of a repeated module, or in none
};

std::vector<Reading> readings(const Network& network, const std::vector<LayerPlan>& plan) {
    std::vector<Reading> list(plan.size());
    for (std::size_t i = 0; i < plan.size(); ++i) {
        list[i].kept = list[i].kept || plan[i].gradient;
        for (const int input : network.layers[i].inputs) {
            if (input < 0 || !plan[i].gradient) continue;
            Reading& below = list[static_cast<std::size_t>(input)];
            below.kept = true;
            if (network.layers[static_cast<std::size_t>(input)].region != network.layers[i].region)
                below.outside = true;
        }
    }
    return list;
}

// Elements beside the output that a layer's gradient reads, of an item.
std::int64_t inner_elements(const Layer& layer, bool probabilities) {
    // Q, K, V and the probabilities of every head are needed again by the gradient.
    if (layer.kind == LayerKind::Attention)
        return 3 * layer.in.elements() + std::int64_t{layer.heads} * layer.in.width * layer.in.width;
    return layer.kind == LayerKind::Attend && probabilities ? layer.heads * seen_pairs(layer) : 0;
}

}  // namespace

std::vector<KeptActivation> kept_activations(const Network& network, const Recipe& recipe,
                                             const std::vector<LayerPlan>& plan, std::int64_t samples) {
    const std::vector<Reading> reading = readings(network, plan);
    const std::vector<bool> shared = network.shared_by_samples();
    const bool modules = recipe.recompute == Recompute::Modules;
    std::vector<KeptActivation> kept(plan.size());
    for (std::size_t i = 0; i < plan.size(); ++i) {
        const Layer& layer = network.layers[i];
        if (!reading[i].kept || layer.kind == LayerKind::Slice || layer.kind == LayerKind::Reshape) continue;
        if (shared[i]) {
            kept[i].always = kFp16Bytes * layer.repeat * layer.out.elements();
            continue;
        }
        const Bytes own = kFp16Bytes * samples * layer.items * layer.out.elements();
        const Bytes inner = kFp16Bytes * samples * layer.items *
                            inner_elements(layer, recipe.recompute != Recompute::Attention);
        if (modules && layer.region >= 0) {
            kept[i].region = layer.region;
            kept[i].inside = own + inner;
            if (reading[i].outside) kept[i].always = layer.repeat * own;
        } else {
            kept[i].always = layer.repeat * (own + inner);
        }
        if (recipe.recompute == Recompute::Attention && layer.kind == LayerKind::Attend)
            kept[i].briefly = kFp16Bytes * samples * layer.items * layer.heads * seen_pairs(layer);
    }
    for (std::size_t i = 0; i < network.inputs.size(); ++i) {
        const int index = -1 - static_cast<int>(i);
        for (std::size_t l = 0; l < plan.size(); ++l) {
            const std::vector<int>& read = network.layers[l].inputs;
            if (!plan[l].gradient || std::find(read.begin(), read.end(), index) == read.end()) continue;
            kept[l].always +=
                kFp16Bytes * samples * network.inputs[i].items * network.inputs[i].shape.elements();
            break;
        }
    }
    return kept;
}

void ActivationRoom::add(const KeptActivation& layer) {
    always_ += layer.always;
    briefly_ = std::max(briefly_, layer.briefly);
    if (layer.region < 0) return;
    const auto region = static_cast<std::size_t>(layer.region);
    if (region >= inside_.size()) inside_.resize(region + 1, 0);
    inside_[region] += layer.inside;
}

Bytes ActivationRoom::bytes() const {
    const auto largest = std::max_element(inside_.begin(), inside_.end());
    return always_ + (largest == inside_.end() ? 0 : *largest) + briefly_;
}

}  // namespace satsim
