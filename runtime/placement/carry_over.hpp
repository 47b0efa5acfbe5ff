// A placement of one step for another step of the same network on the same machines.
#pragma once

#include "runtime/placement/machine.hpp"

namespace satsim::placement {

// Each node is where its like is in `assignment` of `from`: the same layer, pass, stage and part, or as much
// of that as there is. What cannot run there, and layers that only `to` has, are where the node before is, or
// where they take least.
[[nodiscard]] Assignment carried_over(const Graph& from, const Assignment& assignment, const Problem& to,
                                      Objective objective);

}  // namespace satsim::placement
