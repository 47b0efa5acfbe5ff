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

// Parts of a layer that a machine has.
enum Held : unsigned char { kForward = 1, kBackward = 2, kWeights = 4, kUpdate = 8 };

LayerFootprint share_of(const LayerFootprint& whole, unsigned has, std::int64_t under_way) {
    LayerFootprint own;
    if ((has & (kForward | kBackward | kWeights)) != 0) own.activations = whole.activations;
    own.activations.always *= under_way;
    if ((has & kForward) != 0) own.forward_copy = whole.forward_copy;
    if ((has & kBackward) != 0) own.backward_copy = whole.backward_copy;
    if ((has & (kBackward | kWeights)) != 0) own.gradient = whole.gradient;
    if ((has & (kWeights | kUpdate)) != 0) {
        own.weight_gradients = whole.weight_gradients;
        own.largest_weight_gradient = whole.largest_weight_gradient;
    }
    if ((has & kUpdate) != 0) {
        own.master = whole.master;
        own.optimizer_state = whole.optimizer_state;
    }
    return own;
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
    const std::size_t count = layers_.size();
    std::vector<unsigned char> held(machines_.size() * count, 0);
    for (std::size_t n = 0; n < assignment.size(); ++n) {
        if (assignment[n] < 0) continue;
        const Node& node = graph_.nodes[n];
        unsigned char& here = held[memory_of(assignment[n]) * count + static_cast<std::size_t>(node.layer)];
        if (node.pass == Pass::Update)
            here |= kUpdate;
        else if (node.pass != Pass::Backward)
            here |= kForward;
        else
            here |= node.stage == Stage::WU ? kWeights : kBackward;
    }
    std::vector<Footprint> footprints;
    for (std::size_t m = 0; m < machines_.size(); ++m) {
        unsigned char* const parts = &held[m * count];
        FootprintSum sum;
        for (std::size_t l = 0; l < count; ++l) {
            unsigned has = parts[l];
            if (stands_in_[l] >= 0) {
                const bool with = (parts[static_cast<std::size_t>(stands_in_[l])] & kForward) != 0;
                has = with ? kForward | kUpdate : 0;
            }
            if (has != 0) sum.add(share_of(layers_[l], has, under_way));
        }
        footprints.push_back(sum.footprint(micro_batches_));
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
