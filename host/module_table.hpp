// Time and joules of a step by the network's modules; nothing for networks that have none.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "runtime/comparison/target_run.hpp"
#include "runtime/dispatch/step_result.hpp"
#include "runtime/workload/network.hpp"

namespace satsim::host {

// The table and an empty line in front, or nothing. `baseline` is null where there is none.
[[nodiscard]] std::string module_text(const Network& network, const StepResult* baseline,
                                      const StepResult& result);
// A line a module, the targets side by side.
[[nodiscard]] std::string module_text(const Network& network, std::span<const TargetRun> runs);

// Seconds and joules by module: the field `modules`. Of a group of machines, those in which they are busy.
[[nodiscard]] nlohmann::ordered_json modules_of(const Network& network, std::span<const TaskResult> tasks);
[[nodiscard]] nlohmann::ordered_json modules_of(const Network& network, const TargetRun& run);

// compare_json() of a baseline's and a recipe's result, with the modules of networks that have some.
[[nodiscard]] nlohmann::ordered_json compare_json_with_modules(const Network& network,
                                                               std::span<const StepResult> results);

}  // namespace satsim::host
