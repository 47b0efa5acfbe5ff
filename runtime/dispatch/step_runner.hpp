// Runs training steps: every task on the target that can run it, and the transfers in between.
//
// A task that the accelerator cannot run goes to the host. Its tensors are in the accelerator's memory, so
// they cross PCIe before and after it. Consecutive host tasks of one layer and stage share their inputs:
// those move once (the largest set that one of them reads), and everything that they write moves back. The
// next batch's inputs are written by the host and go to the accelerator while the step runs: a transfer of
// its own at the end, whose seconds are those by which it outlasts the step, mostly none.
#pragma once

#include <functional>
#include <vector>

#include "runtime/dispatch/step_result.hpp"
#include "runtime/dispatch/target.hpp"
#include "runtime/hardware/hardware.hpp"

namespace satsim {

using Progress = std::function<void(std::size_t done, std::size_t total)>;

// One result a step, in order. All steps' tasks reach the accelerator in one call, so that equal ones are run
// once. Throws InputError naming the layer of a task that no target can run.
[[nodiscard]] std::vector<StepResult> run_steps(const std::vector<TrainingStep>& steps,
                                                const Hardware& hardware, Target& accelerator, Target& host,
                                                const Progress& progress);

}  // namespace satsim
