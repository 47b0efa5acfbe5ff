// Pitches on either side of what makes every position a burst of its own.
#pragma once

#include <algorithm>

#include "tests/unit/cycle/random_memory.hpp"

namespace satsim::cycle {

inline std::int64_t scattered_pitch(Random& random, const isa::ArrayConfig& config, std::int64_t len) {
    const std::int64_t line = config.line_bytes();
    switch (pick(random, 0, 5)) {
        case 0:  // the least distance with a line between any two positions
            return std::max<std::int64_t>(0, len - 8 + 2 * line + 8 * pick(random, -3, 3));
        case 1:  // whole lines, which need less
            return line * pick(random, 1, 6);
        case 2:
            return line * pick(random, 1, 4) + 8 * pick(random, -1, 1);
        case 3:  // whole bursts
            return line * config.burst_lines * pick(random, 1, 3) + 8 * pick(random, -1, 1);
        case 4:  // a row of DRAM, and the same bank again
            return line * (std::int64_t{128} << (8 * pick(random, 0, 1))) + 8 * pick(random, -1, 1);
        default:
            return len + 8 * pick(random, 0, 4000);
    }
}

}  // namespace satsim::cycle
