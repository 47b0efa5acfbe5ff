// Equal machines one behind the other, each with some of the layers.
#pragma once

#include <optional>
#include <vector>

#include "runtime/placement/machine.hpp"
#include "runtime/placement/memory.hpp"

namespace satsim::placement {

// Cuts the network, in the order of its layers, into a piece for each of `machines` (indices of equal ones),
// so that every piece fits and the one that takes longest takes as little as can be; all passes of a layer
// are together, and what the machines cannot run is on the problem's helper. None: no such cut fits.
[[nodiscard]] std::optional<Assignment> cut_into_pipeline(const Problem& problem, const MemoryPlan& plan,
                                                          const std::vector<int>& machines);

}  // namespace satsim::placement
