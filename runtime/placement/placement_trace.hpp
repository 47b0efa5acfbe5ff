// The timeline of a placed step as a trace: a process a machine, one for PCIe, and flows that follow tensors.
#pragma once

#include "runtime/placement/placed_step.hpp"
#include "runtime/trace/chrome_trace.hpp"

namespace satsim::placement {

// Adds processes from `pid` on and returns the next free one. At most `max_runs` runs of nodes are drawn,
// from the start of the step; `otherData.rule` says so where it cuts something off.
int add_placed_step(ChromeTrace& trace, int pid, const Network& network, const PlacedStep& placed,
                    std::size_t max_runs);

}  // namespace satsim::placement
