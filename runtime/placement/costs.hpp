// From what each target says of a step's tasks to a placement problem.
#pragma once

#include <optional>
#include <vector>

#include "runtime/dispatch/target.hpp"
#include "runtime/placement/machine.hpp"

namespace satsim::placement {

// One machine's answer to a step.
struct MachineCosts {
    Machine machine;
    // Of each task of the step, with all its occurrences; none: the machine has no unit for it.
    std::vector<std::optional<TaskResult>> tasks;
};

// Sums of tasks for every node: a machine runs a node if it runs all of its tasks. Nodes of which it does
// tasks in one kernel are together on it.
[[nodiscard]] Problem make_problem(Graph graph, const std::vector<MachineCosts>& costs,
                                   double transfer_watts);

}  // namespace satsim::placement
