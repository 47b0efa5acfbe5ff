// What is placed: the tasks of a step as nodes, and the tensors that pass between them.
// docs/architecture/placement.md.
//
// A node is the tasks of one layer and pass that follow each other and can run in the same places. Repeated
// modules stay counted: their nodes lie in a loop and run once a turn. A backward loop takes its turns in the
// opposite order, so that its turn 0 belongs to the forward loop's last.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/dispatch/kept_activations.hpp"
#include "runtime/recipe/recipe.hpp"
#include "runtime/workload/network.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::placement {

// Which turn of a tensor's producer a turn of its reader reads. R: turns of the reader's loop.
enum class Turns {
    Same,        // turn i reads turn i: both in one loop
    Next,        // turn i reads turn i - 1, turn 0 nothing: one copy of a module after another
    First,       // turn 0 reads the producer's last turn, others nothing: what goes into the loop
    Last,        // every turn reads the producer's last turn
    Mirror,      // turn i reads turn R-1-i: the backward pass what the forward pass kept
    MirrorNext,  // turn i reads turn R-2-i, the last one nothing
    MirrorFirst  // the last turn reads the producer's last turn, others nothing
};

struct Use {
    int node = 0;
    Turns turns = Turns::Same;
};

struct Tensor {
    std::string name;
    int producer = 0;
    Bytes bytes = 0;  // of one turn, one micro-batch
    std::vector<Use> uses;
    bool next_step = false;  // weights: who uses them has them before the next step begins
    // What it is of its producer's layer, where the backward pass may read it.
    std::optional<KeptWhat> what{};
};

struct Node {
    int layer = 0;  // in the network
    Pass pass = Pass::Forward;
    Stage stage = Stage::FF;
    std::string part;  // where a layer's stage has several nodes: "softmax", "again", "update" ...
    std::vector<std::size_t> tasks;
    int loop = 0;
    [[nodiscard]] bool once_a_step() const { return pass == Pass::Update; }
};

struct Loop {
    std::int64_t turns = 1;
};

struct Graph {
    std::vector<Node> nodes;  // in execution order; those of a loop follow each other
    std::vector<Tensor> tensors;
    std::vector<Loop> loops;
    std::int64_t micro_batches = 1;
    [[nodiscard]] std::int64_t turns_of(int node) const {
        return loops[static_cast<std::size_t>(nodes[static_cast<std::size_t>(node)].loop)].turns;
    }
    // How often a step runs the node.
    [[nodiscard]] std::int64_t runs_of(int node) const {
        return turns_of(node) * (nodes[static_cast<std::size_t>(node)].once_a_step() ? 1 : micro_batches);
    }
};

// `step`: as make_training_step(network, recipe, ...) gives it.
[[nodiscard]] Graph make_graph(const Network& network, const Recipe& recipe, const TrainingStep& step);

}  // namespace satsim::placement
