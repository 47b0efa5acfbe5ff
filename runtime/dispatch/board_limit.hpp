// A board's power limit over a whole step. For tenths of a second a board lets more through, and pieces of
// work are timed and predicted at that (docs/architecture/gpu.md); but training repeats its step without a
// pause, and then the mean power stays at the limit: clocks fall, and everything takes longer.
#pragma once

#include <vector>

#include "runtime/dispatch/target.hpp"

namespace satsim {

// Stretches the seconds of a whole step's results, all occurrences counted, until their mean power is at most
// `board_watts` (0: not known, nothing is done); returns by how much, 1 or more. `running_watts`: what the
// board draws for every second more; 0 where the joules are those of work at the limit already.
double hold_to_limit(double board_watts, double running_watts, std::vector<TaskResult>& results);

}  // namespace satsim
