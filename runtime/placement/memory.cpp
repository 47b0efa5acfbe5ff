#include "runtime/placement/memory.hpp"

#include <algorithm>

namespace satsim::placement {
namespace {

// The first layer behind `layer` that has nodes and reads it, through layers without any.
int reader_with_nodes(const Network& network, const std::vector<bool>& has_nodes, int layer) {
    std::vector<bool> reached(network.layers.size(), false);
    reached[static_cast<std::size_t>(layer)] = true;
    for (std::size_t l = static_cast<std::size_t>(layer) + 1; l < network.layers.size(); ++l) {
        const std::vector<int>& inputs = network.layers[l].inputs;
        const bool reads = std::any_of(inputs.begin(), inputs.end(), [&](int input) {
            return input >= 0 && reached[static_cast<std::size_t>(input)];
        });
        if (!reads) continue;
        if (has_nodes[l]) return static_cast<int>(l);
        reached[l] = true;
    }
    return -1;
}

}  // namespace

MemoryPlan::MemoryPlan(const Network& network, const Recipe& recipe, const TrainingStep& step,
                       const Graph& graph, std::vector<Machine> machines)
    : graph_(graph),
      machines_(std::move(machines)),
      layers_(layer_footprints(network, recipe, step)),
      stands_in_(network.layers.size(), -1),
      micro_batches_(recipe.micro_batches) {
    const auto shares = [](const Machine& machine) { return machine.in_host_memory(); };
    auto home = std::find_if(machines_.begin(), machines_.end(),
                             [&](const Machine& machine) { return shares(machine) && machine.capacity > 0; });
    if (home == machines_.end()) home = std::find_if(machines_.begin(), machines_.end(), shares);
    const auto host = static_cast<std::size_t>(home - machines_.begin());
    for (std::size_t m = 0; m < machines_.size(); ++m) memory_.push_back(shares(machines_[m]) ? host : m);
    std::vector<bool> has_nodes(network.layers.size(), false);
    for (const Node& node : graph.nodes) has_nodes[static_cast<std::size_t>(node.layer)] = true;
    for (std::size_t l = 0; l < has_nodes.size(); ++l) {
        if (has_nodes[l]) continue;
        const int reader = reader_with_nodes(network, has_nodes, static_cast<int>(l));
        stands_in_[l] = reader >= 0 ? reader : graph.nodes.front().layer;
    }
}

std::vector<Footprint> MemoryPlan::footprints(const Assignment& assignment) const {
    std::vector<bool> used(machines_.size(), false);
    for (const int machine : assignment) used[static_cast<std::size_t>(machine)] = true;
    return footprints(assignment, std::count(used.begin(), used.end(), true));
}

std::vector<Footprint> MemoryPlan::footprints(const Assignment& assignment, std::int64_t under_way) const {
    under_way = std::min(under_way, micro_batches_);
    // Which parts of each layer each machine has.
    struct Held {
        bool forward = false;
        bool backward = false;
        bool weights = false;
        bool update = false;
    };
    const std::size_t count = layers_.size();
    std::vector<std::vector<Held>> held(machines_.size(), std::vector<Held>(count));
    for (std::size_t n = 0; n < assignment.size(); ++n) {
        if (assignment[n] < 0) continue;
        const Node& node = graph_.nodes[n];
        Held& here = held[memory_of(assignment[n])][static_cast<std::size_t>(node.layer)];
        if (node.pass == Pass::Update)
            here.update = true;
        else if (node.pass != Pass::Backward)
            here.forward = true;
        else
            (node.stage == Stage::WU ? here.weights : here.backward) = true;
    }
    for (std::size_t l = 0; l < count; ++l) {
        if (stands_in_[l] < 0) continue;
        for (std::vector<Held>& machine : held) {
            const Held with = machine[static_cast<std::size_t>(stands_in_[l])];
            machine[l] = {with.forward, false, false, with.forward};
        }
    }
    std::vector<Footprint> footprints;
    for (const std::vector<Held>& machine : held) {
        std::vector<LayerFootprint> share(count);
        for (std::size_t l = 0; l < count; ++l) {
            const Held& has = machine[l];
            const LayerFootprint& whole = layers_[l];
            LayerFootprint& own = share[l];
            if (has.forward || has.backward || has.weights) own.activations = whole.activations;
            own.activations.always *= under_way;
            if (has.forward) own.forward_copy = whole.forward_copy;
            if (has.backward) own.backward_copy = whole.backward_copy;
            if (has.backward || has.weights) own.gradient = whole.gradient;
            if (has.weights || has.update) {
                own.weight_gradients = whole.weight_gradients;
                own.largest_weight_gradient = whole.largest_weight_gradient;
            }
            if (has.update) {
                own.master = whole.master;
                own.optimizer_state = whole.optimizer_state;
            }
        }
        footprints.push_back(sum_of(share, micro_batches_));
    }
    return footprints;
}

Bytes MemoryPlan::excess(const Assignment& assignment) const {
    const std::vector<Footprint> all = footprints(assignment);
    Bytes excess = 0;
    for (std::size_t m = 0; m < all.size(); ++m)
        if (machines_[m].capacity > 0) excess += std::max<Bytes>(0, all[m].total() - machines_[m].capacity);
    return excess;
}

}  // namespace satsim::placement
