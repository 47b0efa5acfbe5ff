// The points that no other point beats in every objective.
#pragma once

#include <cstddef>
#include <vector>

namespace satsim::sweep {

// Objectives of a point, each the smaller the better. All points have the same number of them.
using Objectives = std::vector<double>;

// Numbers of the points that no other one dominates (is nowhere worse and somewhere better), ascending.
// Points with equal objectives are all kept.
[[nodiscard]] std::vector<std::size_t> pareto_front(const std::vector<Objectives>& points);

}  // namespace satsim::sweep
