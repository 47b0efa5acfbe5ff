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
    Bytes activations = 0;  // kept for the backward pass, of one micro-batch
    Bytes gradients = 0;    // the two largest feature-map gradients alive at once
    Bytes masters = 0;      // FP32, of trained weights
    Bytes copies = 0;       // FP16 for FF and BP, packed where they are N:M; tables and norms that are frozen
    Bytes optimizer_state = 0;   // FP32
    Bytes weight_gradients = 0;  // FP32 dW of the largest layer; with micro-batches all
    [[nodiscard]] Bytes total() const {
        return activations + gradients + masters + copies + optimizer_state + weight_gradients;
    }
};

// Of a step of `network` under `recipe`, as make_training_step() gives it.
[[nodiscard]] Footprint footprint_of(const Network& network, const Recipe& recipe, const TrainingStep& step);

// "518.7 GiB of accelerator memory (activations 389.7, ...)".
[[nodiscard]] std::string to_string(const Footprint& footprint);

// Throws InputError naming `network`, with the arithmetic, when the step does not fit. `advice`: what would
// make it fit.
void require_capacity(const std::string& network, const Footprint& footprint, const Hardware& hardware,
                      const std::string& advice = "a smaller --batch");
void require_capacity(const std::string& network, const Footprint& footprint, const std::string& machine,
                      Bytes capacity, const std::string& advice = "a smaller --batch");

// The same with advice that has been tried: recomputation, micro-batches, a frozen network, several machines.
void require_fit(const Network& network, const Recipe& recipe, const TrainingStep& step,
                 const std::string& machine, Bytes capacity);

}  // namespace satsim
