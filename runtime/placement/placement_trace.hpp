// The timeline of a placed step as a trace: a process a machine, one for PCIe, and flows that follow tensors.
#pragma once

#include <span>
#include <string>

#include "runtime/comparison/layer_places.hpp"
#include "runtime/comparison/target_run.hpp"
#include "runtime/placement/placed_step.hpp"
#include "runtime/trace/chrome_trace.hpp"

namespace satsim::placement {

// Adds processes from `pid` on and returns the next free one. `run`: the step as target number `target` of a
// comparison, its tasks as placed_tasks() gives them. At most `max_runs` runs of nodes are drawn, from the
// start of the step; `otherData["rule of NAME"]` says so where it cuts something off.
int add_placed_step(ChromeTrace& trace, int pid, std::size_t target, const Network& network,
                    const TargetRun& run, const PlacedStep& placed, std::size_t max_runs,
                    LayerPlaces& places);

}  // namespace satsim::placement
