// Whether a training step fits the accelerator's memory; docs/formats/compare.md states what is counted.
#pragma once

#include <string>
#include <vector>

#include "runtime/dispatch/footprint.hpp"
#include "runtime/hardware/hardware.hpp"
#include "runtime/recipe/recipe.hpp"
#include "runtime/workload/network.hpp"
#include "runtime/workload/task.hpp"

namespace satsim {

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

// The step in a memory of `capacity` bytes (0: not known). Its advice, where it does not fit, has been tried:
// recomputation, the fewest micro-batches that fit, both. Where none of these is enough, it says how many
// machines have the memory at least: how the step is split among them may take more.
[[nodiscard]] MemoryFit plan_memory(const Network& network, const Recipe& recipe, const TrainingStep& step,
                                    Bytes capacity);

// What of a recipe can be changed so that the step needs less, without what it does already: for a step on
// several machines, where nobody has tried whether it then fits.
[[nodiscard]] std::vector<std::string> what_would_need_less(const Network& network, const Recipe& recipe,
                                                            const TrainingStep& step);

// Throws InputError naming network and recipe, with the arithmetic and that advice, when the step does not
// fit. `besides`: what the caller offers beside the advice, if anything.
void require_fit(const Network& network, const Recipe& recipe, const TrainingStep& step,
                 const std::string& machine, Bytes capacity, const std::string& besides = "");

}  // namespace satsim
