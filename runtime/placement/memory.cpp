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
enum Part : unsigned char { kForward = 1, kBackward = 2, kWeights = 4, kUpdate = 8 };

Part part_of(const Node& node) {
    if (node.pass == Pass::Update) return kUpdate;
    if (node.pass != Pass::Backward) return kForward;
    return node.stage == Stage::WU ? kWeights : kBackward;
}

LayerFootprint share_of(const LayerFootprint& whole, Bytes handed_down, unsigned has) {
    LayerFootprint own;
    const unsigned readers = whole.backward_reads_forward_copy ? kForward | kBackward : kForward;
    if ((has & readers) != 0) own.forward_copy = whole.forward_copy;
    if ((has & kBackward) != 0) own.backward_copy = whole.backward_copy;
    if ((has & (kBackward | kWeights)) != 0) own.gradient = whole.gradient;
    if ((has & kBackward) != 0) own.gradient = std::max(own.gradient, handed_down);
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

// Of each layer the largest gradient that its backward pass leaves to its inputs. What has no backward pass
// of its own (a sum, a view) hands on what it gets.
std::vector<Bytes> handed_down(const Network& network, const Graph& graph,
                               const std::vector<LayerFootprint>& layers) {
    std::vector<bool> works(layers.size(), false);
    for (const Node& node : graph.nodes)
        if (node.pass == Pass::Backward) works[static_cast<std::size_t>(node.layer)] = true;
    std::vector<Bytes> down(layers.size(), 0);
    for (std::size_t l = 0; l < layers.size(); ++l) {
        for (const int input : network.layers[l].inputs) {
            if (input < 0) continue;
            const auto below = static_cast<std::size_t>(input);
            down[l] = std::max(down[l], layers[below].gradient);
            if (!works[below]) down[l] = std::max(down[l], down[below]);
        }
    }
    return down;
}

}  // namespace

MemoryPlan::MemoryPlan(const Network& network, const Recipe& recipe, const TrainingStep& step,
                       const Graph& graph, std::vector<Machine> machines)
    : graph_(graph),
      machines_(std::move(machines)),
      held_(held_tensors(network, recipe, step, graph)),
      layers_(layer_footprints(network, recipe, step)),
      handed_down_(handed_down(network, graph, layers_)),
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

std::vector<unsigned char> MemoryPlan::parts_of(const Assignment& assignment) const {
    const std::size_t count = layers_.size();
    std::vector<unsigned char> parts(machines_.size() * count, 0);
    for (std::size_t n = 0; n < assignment.size(); ++n) {
        if (assignment[n] < 0) continue;
        const Node& node = graph_.nodes[n];
        parts[memory_of(assignment[n]) * count + static_cast<std::size_t>(node.layer)] |= part_of(node);
    }
    return parts;
}

void MemoryPlan::add_activations(const Assignment& assignment, std::int64_t under_way,
                                 std::vector<FootprintSum>& sums) const {
    // The last tensor that each memory held, and made.
    std::vector<std::size_t> held(machines_.size(), held_.size());
    std::vector<std::size_t> made(machines_.size(), held_.size());
    for (std::size_t t = 0; t < held_.size(); ++t) {
        KeptActivation room = held_[t].room;
        room.always *= under_way;
        for (const int maker : held_[t].makers) {
            const int machine = assignment[static_cast<std::size_t>(maker)];
            if (machine >= 0) made[memory_of(machine)] = t;
        }
        for (const int holder : held_[t].holders) {
            const int machine = assignment[static_cast<std::size_t>(holder)];
            if (machine < 0) continue;
            const std::size_t memory = memory_of(machine);
            if (held[memory] == t) continue;
            held[memory] = t;
            sums[memory].add(room, made[memory] == t);
        }
    }
}

std::vector<Footprint> MemoryPlan::footprints(const Assignment& assignment, std::int64_t under_way) const {
    under_way = std::min(under_way, micro_batches_);
    const std::vector<unsigned char> parts = parts_of(assignment);
    std::vector<FootprintSum> sums(machines_.size());
    add_activations(assignment, under_way, sums);
    std::vector<Footprint> footprints;
    for (std::size_t m = 0; m < machines_.size(); ++m) {
        const unsigned char* const own = &parts[m * layers_.size()];
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            unsigned has = own[l];
            if (stands_in_[l] >= 0) {
                const bool with = (own[static_cast<std::size_t>(stands_in_[l])] & kForward) != 0;
                has = with ? kForward | kUpdate : 0;
            }
            if (has != 0) sums[m].add(share_of(layers_[l], handed_down_[l], has));
        }
        footprints.push_back(sums[m].footprint(micro_batches_));
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
