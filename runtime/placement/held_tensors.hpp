// Where the tensors are kept that a placed step's backward pass reads.
#pragma once

#include <vector>

#include "runtime/dispatch/kept_activations.hpp"
#include "runtime/placement/graph.hpp"

namespace satsim::placement {

// A kept tensor (kept_activations.hpp) and the nodes by which a memory holds it.
struct HeldTensor {
    KeptActivation room;       // bytes, as kept_tensors() gives them
    std::vector<int> makers;   // nodes that form it
    std::vector<int> holders;  // nodes that read it in the backward pass; its maker where none does
};

// All that a step keeps. A memory holds a tensor once if any of its holders is placed there: on the maker's
// machine, on another that reads it in the backward pass, or on both. A machine that reads it in the forward
// pass alone, or that makes it and hands it on, does not keep it. A layer that no node forms (a table, a
// view) is where the first layer that reads it has its forward pass, and where readers have their backward
// pass. `step` and `graph`: of the network under the recipe.
[[nodiscard]] std::vector<HeldTensor> held_tensors(const Network& network, const Recipe& recipe,
                                                   const TrainingStep& step, const Graph& graph);

}  // namespace satsim::placement
