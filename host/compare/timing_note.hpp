// GPUs whose times are of different things, side by side.
#pragma once

#include <string>

#include "host/compare/target_groups.hpp"

namespace satsim::host {

// A line for people where predictions or recordings of GPUs differ in how they were timed, "" otherwise. To
// be asked before the targets run.
[[nodiscard]] std::string timing_note(const TargetGroups& targets);

}  // namespace satsim::host
