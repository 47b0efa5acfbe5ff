// What a recipe makes of each layer: whether it runs, whether a gradient reaches it, whether it is trained.
// docs/architecture/compositions.md states the rules.
#pragma once

#include <vector>

#include "runtime/recipe/recipe.hpp"
#include "runtime/workload/network.hpp"

namespace satsim {

struct LayerPlan {
    bool forward = true;     // FF runs
    bool gradient = true;    // a gradient reaches its output, and is needed: here or below
    bool hands_down = true;  // something below it is trained
    bool trained = true;     // it has weights that the step updates
};

// Whether the recipe gives this loss a weight above 0.
[[nodiscard]] bool loss_counts(const Recipe& recipe, const Layer& loss);

// One entry a layer. Throws InputError when the recipe names layers, modules or losses that the network does
// not have.
[[nodiscard]] std::vector<LayerPlan> plan_training(const Network& network, const Recipe& recipe);

}  // namespace satsim
