// Placements as users write them, and those of counted tasks for a step whose repeats are written out.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "runtime/execute/engine.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::execute {

// `placement`: a value for each task of `counted`, the step of a network whose repeated modules are counted.
// The same for each task of `written`, the same step with every copy written out: that of the layer that
// stands for the copy. Throws std::logic_error when the two are not of one network.
[[nodiscard]] std::vector<int> written_out(const TrainingStep& counted, const std::vector<int>& placement,
                                           const TrainingStep& written);

// `document`: [{"layer": name, path or module, "stage": "FF", "BP" or "WU", "target": name}], or an object
// with that list as "placement"; the last entry that names a layer counts. `targets`: the engine that each
// name stands for. Tasks that no entry names are on engine `otherwise`, and those that their engine has no
// program for on `host`, which runs all. Throws InputError naming file and pointer.
[[nodiscard]] std::vector<int> read_placement(const nlohmann::json& document, const std::string& file,
                                              const Network& network, const TrainingStep& step,
                                              const std::map<std::string, int>& targets,
                                              const std::vector<Engine*>& engines, int otherwise, int host);

}  // namespace satsim::execute
