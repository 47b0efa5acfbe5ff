// Layers with several weights (Layer::sets): each weight's positions follow each other in every item, in the
// order of the sets. Internal to runtime/execute.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "runtime/execute/packed_weight.hpp"
#include "runtime/workload/network.hpp"

namespace satsim::execute {

// Of a layer with one weight: 1.
[[nodiscard]] std::size_t weight_count(const Layer& layer);

using Positions = std::vector<std::int64_t>;
// All positions of `batch` items that use these weights: [weight][item][position].
[[nodiscard]] Positions positions_of(const Layer& layer, std::int64_t batch,
                                     std::span<const std::int64_t> weights);

// What `map` holds of these positions, `values` numbers each; and back.
[[nodiscard]] Values taken_at(const Positions& positions, std::size_t values, const Values& map);
void put_at(const Positions& positions, std::size_t values, const Values& part, Values& map);

}  // namespace satsim::execute
