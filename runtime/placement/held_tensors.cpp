#include "runtime/placement/held_tensors.hpp"

#include <algorithm>
#include <set>

namespace satsim::placement {
namespace {

std::size_t at(int index) {
    return static_cast<std::size_t>(index);
}

struct LayerNodes {
    std::vector<int> forward;
    std::vector<int> again;
    std::vector<int> backward;  // BP and WU
};

class HolderSearch {
  public:
    HolderSearch(const Network& network, const Graph& graph)
        : network_(network), graph_(graph), of_(network.layers.size()), tensors_(network.layers.size()) {
        for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
            const Node& node = graph.nodes[n];
            LayerNodes& nodes = of_[at(node.layer)];
            const int index = static_cast<int>(n);
            if (node.pass == Pass::Forward) nodes.forward.push_back(index);
            if (node.pass == Pass::Again) nodes.again.push_back(index);
            if (node.pass == Pass::Backward) nodes.backward.push_back(index);
        }
        for (const Tensor& tensor : graph.tensors)
            if (tensor.what) tensors_[at(node(tensor.producer).layer)].push_back(&tensor);
    }

    [[nodiscard]] HeldTensor find(const KeptTensor& kept) const {
        HeldTensor held;
        held.room = kept.room;
        if (kept.what == KeptWhat::Input) {
            held.holders = readers_of(-1 - kept.layer);
        } else if (of_[at(kept.layer)].forward.empty()) {
            held.holders = readers_of(kept.layer);
        } else if (kept.room.briefly > 0) {
            held.makers = held.holders = of_[at(kept.layer)].backward;
        } else {
            find_formed(kept, held);
        }
        if (held.holders.empty()) held.holders = {fallback(kept)};
        // What no node forms is not received from another machine.
        if (held.makers.empty()) held.makers = held.holders;
        return held;
    }

  private:
    [[nodiscard]] const Node& node(int index) const { return graph_.nodes[at(index)]; }

    // A tensor that nodes of its layer form.
    void find_formed(const KeptTensor& kept, HeldTensor& held) const {
        const LayerNodes& nodes = of_[at(kept.layer)];
        const bool inside = kept.room.region >= 0;  // of the copy that is formed again
        const bool again = inside && !nodes.again.empty();
        std::set<int> makers;
        std::set<int> holders;
        for (const Tensor* tensor : tensors_[at(kept.layer)]) {
            if (tensor->what != kept.what) continue;
            if ((node(tensor->producer).pass == Pass::Again) != again) continue;
            makers.insert(tensor->producer);
            for (const Use& use : tensor->uses) {
                const Node& reader = node(use.node);
                const bool within = network_.layers[at(reader.layer)].region == kept.room.region;
                if (reader.pass == Pass::Backward ? !inside || within : !inside && reader.pass == Pass::Again)
                    holders.insert(use.node);
            }
        }
        // The last of a layer's nodes leaves its output; what nobody reads is with the first otherwise.
        if (makers.empty()) {
            const std::vector<int>& formed = again ? nodes.again : nodes.forward;
            makers = {kept.what == KeptWhat::Output ? formed.back() : formed.front()};
        }
        held.makers.assign(makers.begin(), makers.end());
        held.holders.assign(holders.begin(), holders.end());
        if (holders.empty()) held.holders = held.makers;
    }

    // Of a layer that no node forms, or an input of the network (-1, -2 ...): where it is read, through other
    // such layers.
    [[nodiscard]] std::vector<int> readers_of(int source) const {
        std::vector<bool> reached(network_.layers.size(), false);
        std::vector<int> readers;
        std::vector<int> first;
        for (std::size_t l = source < 0 ? 0 : at(source) + 1; l < network_.layers.size(); ++l) {
            const std::vector<int>& inputs = network_.layers[l].inputs;
            const bool reads = std::any_of(inputs.begin(), inputs.end(), [&](int input) {
                return input == source || (input >= 0 && reached[at(input)]);
            });
            if (!reads) continue;
            if (of_[l].forward.empty()) {
                reached[l] = true;
                continue;
            }
            if (first.empty()) first = of_[l].forward;
            const std::vector<int> backward = source < 0 ? input_readers(of_[l]) : of_[l].backward;
            readers.insert(readers.end(), backward.begin(), backward.end());
        }
        // An input is loaded wherever it is wanted; a table has to be somewhere from the beginning.
        if (source >= 0 || readers.empty()) readers.insert(readers.end(), first.begin(), first.end());
        return readers;
    }

    // No gradient goes on to an input: where there are weights, theirs is what reads it. Sums follow it.
    [[nodiscard]] std::vector<int> input_readers(const LayerNodes& nodes) const {
        for (const int each : nodes.backward)
            if (node(each).stage == Stage::WU) return {each};
        return nodes.backward;
    }

    // What no node reads: with any node of its layer, or with the first of all.
    [[nodiscard]] int fallback(const KeptTensor& kept) const {
        for (std::size_t n = 0; kept.what != KeptWhat::Input && n < graph_.nodes.size(); ++n)
            if (graph_.nodes[n].layer == kept.layer) return static_cast<int>(n);
        return 0;
    }

    const Network& network_;
    const Graph& graph_;
    std::vector<LayerNodes> of_;
    std::vector<std::vector<const Tensor*>> tensors_;  // of each layer: those that the backward pass may read
};

}  // namespace

std::vector<HeldTensor> held_tensors(const Network& network, const Recipe& recipe, const TrainingStep& step,
                                     const Graph& graph) {
    const HolderSearch search(network, graph);
    std::vector<HeldTensor> held;
    const std::vector<LayerPlan> plan = plan_training(network, recipe);
    for (const KeptTensor& kept : kept_tensors(network, recipe, plan, step.batch / recipe.micro_batches))
        held.push_back(search.find(kept));
    return held;
}

}  // namespace satsim::placement
