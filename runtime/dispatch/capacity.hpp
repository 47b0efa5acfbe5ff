// Whether a training step fits the accelerator's memory; docs/formats/compare.md states what is counted.
#pragma once

#include <string>

#include "runtime/hardware/hardware.hpp"
#include "runtime/recipe/recipe.hpp"
#include "runtime/support/types.hpp"
#include "runtime/workload/network.hpp"
#include "runtime/workload/task.hpp"

namespace satsim {

struct Footprint {
    Bytes activations = 0;       // kept for the backward pass
    Bytes gradients = 0;         // the two largest feature-map gradients alive at once
    Bytes weights = 0;           // FP32 master and FP16 copies for FF and BP
    Bytes optimizer_state = 0;   // FP32
    Bytes weight_gradients = 0;  // FP32 dW of the largest layer
    [[nodiscard]] Bytes total() const {
        return activations + gradients + weights + optimizer_state + weight_gradients;
    }
};

// Of a step of `network` under `recipe`, as make_training_step() gives it.
[[nodiscard]] Footprint footprint_of(const Network& network, const Recipe& recipe, const TrainingStep& step);

// Throws InputError naming `network`, with the arithmetic, when the step does not fit.
void require_capacity(const std::string& network, const Footprint& footprint, const Hardware& hardware);
void require_capacity(const std::string& network, const Footprint& footprint, const std::string& machine,
                      Bytes capacity);

}  // namespace satsim
