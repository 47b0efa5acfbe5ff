// From a network and a recipe to the tasks of one training step.
#pragma once

#include <optional>

#include "runtime/recipe/recipe.hpp"
#include "runtime/workload/network.hpp"
#include "runtime/workload/task.hpp"

namespace satsim {

// Batch: the argument, else the recipe's, else the network's. Tasks are in execution order: FF of all layers,
// loss, then for each layer from last to first its BP, WU and optimizer step. Throws InputError when the
// recipe names a layer that does not exist, and when nothing is left to do: all losses have weight 0, or the
// sample has no positions for them.
[[nodiscard]] TrainingStep make_training_step(const Network& network, const Recipe& recipe,
                                              std::optional<std::int64_t> batch = std::nullopt);

}  // namespace satsim
