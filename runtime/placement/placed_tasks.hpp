// What the machines of a placed step were given to do, task by task, and what moves between them: the step as
// any target's list of tasks.
#pragma once

#include <cstddef>
#include <vector>

#include "runtime/placement/costs.hpp"
#include "runtime/placement/placed_step.hpp"

namespace satsim::placement {

struct PlacedTask {
    TaskResult result;
    // That it is on; of a transfer, of the two machines one that has a link of its own, rather the one that
    // receives.
    std::size_t machine = 0;
};

// `costs`: those that the problem was made of. Tasks of the step in its order, then transfers, those of one
// layer, stage and direction together: of the task on the host that one of its ends has, else of the task
// that made the tensor. Their seconds are the time that machines and links are busy, and their joules the
// step's without those of waiting.
[[nodiscard]] std::vector<PlacedTask> placed_tasks(const Network& network, const PlacedStep& placed,
                                                   const std::vector<MachineCosts>& costs);

}  // namespace satsim::placement
