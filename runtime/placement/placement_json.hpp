// The object of a placed step in docs/formats/compare.md.
#pragma once

#include <nlohmann/json.hpp>

#include "runtime/placement/placed_step.hpp"

namespace satsim::placement {

// Fields of `targets[]` that only a mix has: placement, method, lower_bound_seconds, memory, busy ...
[[nodiscard]] nlohmann::ordered_json placed_json(const Network& network, const PlacedStep& placed);

}  // namespace satsim::placement
