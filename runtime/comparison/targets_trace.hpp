// Several targets' runs of one step as a trace, all on one clock from 0: a process for each target that is
// one machine; those of several are drawn by runtime/placement/placement_trace.
#pragma once

#include <string>

#include "runtime/comparison/layer_places.hpp"
#include "runtime/comparison/target_run.hpp"

namespace satsim {

// Says what a slice stands for.
[[nodiscard]] ChromeTrace make_targets_trace();

// "resnet18: sat (simulated)", or of one of a target's machines: "armor-8b: sat@2: sat#1 (simulated)"
[[nodiscard]] std::string process_title(const std::string& network, const TargetRun& run,
                                        const std::string& machine = "");

// What a slice says of its task, so that `satsim trace diff` can align it.
[[nodiscard]] ChromeTrace::Arguments task_arguments(const TaskResult& task);

// Each task is a slice on the track `tasks` of process `pid`.
void add_target(ChromeTrace& trace, int pid, std::size_t target, const TargetRun& run,
                const std::string& network, LayerPlaces& places);

}  // namespace satsim
