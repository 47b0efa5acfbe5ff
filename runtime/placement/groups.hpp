// Nodes that a search moves together, because what is equal in a network is best placed alike.
#pragma once

#include <vector>

#include "runtime/placement/graph.hpp"

namespace satsim::placement {

// A layer in all copies of its module, whole and by stage; a module, whole and by stage; a stage of
// everything. Largest first, each set of nodes once, no single ones.
[[nodiscard]] std::vector<std::vector<int>> make_groups(const Network& network, const Graph& graph);

}  // namespace satsim::placement
