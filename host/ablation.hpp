// satsim compare --ablation: a step under two recipes with each of the published optimisations switched off.
#pragma once

#include "host/compare/compare_targets.hpp"

namespace satsim::host {

// Runs both recipes with everything on, with one optimisation off at a time, and with none; prints the table.
// Exit code 0.
int compare_ablation(const ComparisonArguments& arguments);

}  // namespace satsim::host
