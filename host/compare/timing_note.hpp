// GPUs whose times are of different things, side by side.
#pragma once

#include <span>
#include <string>

#include "runtime/comparison/target_run.hpp"

namespace satsim::host {

// A line for people where GPUs' times, predicted, recorded or measured, differ in what they are of
// (TargetRun::timing), "" otherwise.
[[nodiscard]] std::string timing_note(std::span<const TargetRun> runs);

}  // namespace satsim::host
