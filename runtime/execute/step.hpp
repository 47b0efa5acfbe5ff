// A placed training step on real numbers. docs/architecture/execution.md
#pragma once

#include <string>
#include <vector>

#include "runtime/execute/engine.hpp"
#include "runtime/execute/store.hpp"
#include "runtime/recipe/recipe.hpp"

namespace satsim::execute {

struct NamedValues {
    std::string name;  // "conv1", "conv1.weight", "bn1.others"
    Values values;
};

// What a step leaves beside the store.
struct StepOutcome {
    // A weight gradient is infinite or NaN: the loss scale is too large (or the values are). No weight was
    // updated; masters, optimizer state and packed copies are those of before.
    bool overflow = false;
    std::vector<NamedValues> outputs;    // of layers that nothing but a loss reads, and of losses
    std::vector<NamedValues> gradients;  // of every trained weight, times the loss scale
    std::vector<NamedValues> masters;    // of every trained weight, after the update if there was one
};

// Throws InputError naming the layer for what execution has no rule for: a kind of layer, repeats that are
// counted (load the network with NetworkOptions::pieces) and what docs/architecture/execution.md lists.
void require_executable(const Network& network);

// Runs `step`, which make_training_step() made of `network` and `recipe`, on the store's samples: task i of
// step.tasks on engines[engine_of_task[i]]. hyper.loss_scale is the recipe's. Throws InputError before
// anything runs for what require_executable() refuses, a placement of another length, an unknown engine and a
// task that its engine cannot run.
StepOutcome execute_step(const Network& network, const Recipe& recipe, const TrainingStep& step,
                         const std::vector<int>& engine_of_task, const std::vector<Engine*>& engines,
                         Store& store, schedule::Hyperparameters hyper = {});

}  // namespace satsim::execute
