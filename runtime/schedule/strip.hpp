// Strips: image rows of C that one gather serves. A kernel of three rows reads every input row three times
// where each output row gathers for itself; output rows y .. y+T-1 at one column need T+2 of them, once. A
// row of the array then holds the input rows of a strip, and T tiles of C begin at different ones.
//
// For LOAD a strip is a position of a taller kernel that steps by T rows; for STCE a tile begins `first_tap`
// taps into what the west buffer holds. Products and their order are those of the task without strips.
#pragma once

#include <vector>

#include "runtime/workload/task.hpp"

namespace satsim::schedule {

struct Strip {
    int rows = 1;      // image rows of C: 1, or a divisor of grid_h
    int tap_step = 0;  // taps of the gather between the beginnings of two rows of C; negative where kernel
                       // rows lie in the order of descending dy
    Gather gather;     // of whole strips: grid_h strips, taps of all their input rows

    // Where row `row` of C begins to read, in taps of the gather.
    [[nodiscard]] int first_tap(int row) const {
        return tap_step >= 0 ? row * tap_step : (row + 1 - rows) * tap_step;
    }
};

// Strips of `rows` image rows of C. For rows == 1 the gather itself. `rows` must be among strip_heights().
[[nodiscard]] Strip make_strip(const Gather& gather, int rows);

// Heights worth trying, ascending, 1 first: those above 1 where rows of C share input rows, by divisors of
// grid_h up to kMostStripRows.
constexpr int kMostStripRows = 16;
[[nodiscard]] std::vector<int> strip_heights(const Gather& gather);

}  // namespace satsim::schedule
