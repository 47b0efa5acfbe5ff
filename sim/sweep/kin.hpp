// What the points of a sweep have in common, for Distribution.
#pragma once

#include <vector>

#include "runtime/sweep/configurations.hpp"
#include "sim/sweep/distribution.hpp"

namespace satsim::sweep {

// Of the points `pending`, in their order; `choices` and `keys` are those of all points. Machines that cannot
// be are each other's kin: their points take no time.
[[nodiscard]] std::vector<Kin> kin_of(Configurations& configurations, const std::vector<Choice>& choices,
                                      const std::vector<PointKey>& keys,
                                      const std::vector<std::size_t>& pending);

}  // namespace satsim::sweep
