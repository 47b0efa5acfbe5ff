// Cuts the tasks of one layer and pass into nodes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "runtime/workload/network.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::placement {

struct NodeTasks {
    Stage stage = Stage::FF;
    std::string part;
    std::vector<std::size_t> tasks;  // indices in the step
};

// `first` to `end`: tasks of the step that one layer has in one pass. Tasks that different sets of machines
// can run are different nodes, in the order of their data: in attention the softmax stands between the
// products, wherever the step lists it.
[[nodiscard]] std::vector<NodeTasks> split_nodes(const Layer& layer, const TrainingStep& step,
                                                 std::size_t first, std::size_t end);

}  // namespace satsim::placement
