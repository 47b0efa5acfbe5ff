// Cases one step smaller than a given one.
#pragma once

#include <functional>

#include "sim/verify/case.hpp"

namespace satsim::verify {

// Calls take(smaller) for every reduction that the array can run, large steps first, until it returns true;
// then returns true. Every reduction makes something smaller or plainer and nothing larger but the schedule,
// which is the task's nearest to the old one; so a chain of reductions ends.
bool visit_reductions(const Case& c, const std::function<bool(const Case&)>& take);

}  // namespace satsim::verify
