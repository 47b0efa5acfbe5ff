// Placements of counted tasks for a step whose repeats are written out.
#pragma once

#include <vector>

#include "runtime/workload/task.hpp"

namespace satsim::execute {

// `placement`: a value for each task of `counted`, the step of a network whose repeated modules are counted.
// The same for each task of `written`, the same step with every copy written out: that of the layer that
// stands for the copy. Throws std::logic_error when the two are not of one network.
[[nodiscard]] std::vector<int> written_out(const TrainingStep& counted, const std::vector<int>& placement,
                                           const TrainingStep& written);

}  // namespace satsim::execute
