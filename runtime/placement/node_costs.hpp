// What nodes cost where machines do several of them in one kernel (Problem::together).
#pragma once

#include <vector>

#include "runtime/placement/machine.hpp"

namespace satsim::placement {

struct NodeCost {
    double seconds = 0;
    double joules = 0;
};

// Of each node where `assignment` has it, for one turn of one micro-batch.
[[nodiscard]] std::vector<NodeCost> node_costs(const Problem& problem, const Assignment& assignment);

// [node][machine]: the least that a node takes on a machine, wherever the others are.
struct LeastCosts {
    std::vector<std::vector<double>> seconds;
    std::vector<std::vector<double>> joules;
    // joules less what the machine takes in those seconds when it waits
    std::vector<std::vector<double>> joules_beyond_idle;
};
[[nodiscard]] LeastCosts least_costs(const Problem& problem);

// Nodes that `assignment` takes apart although what they take alone is not known; null: none.
[[nodiscard]] const Together* torn_apart(const Problem& problem, const Assignment& assignment);

}  // namespace satsim::placement
