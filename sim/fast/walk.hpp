// Positions visited by LOAD or STORE as one number, so that a loop's share of a walk can be added.
#pragma once

#include "sim/cycle/positions.hpp"

namespace satsim::fast {

struct Walk {
    cycle::Position at;
    cycle::Grid grid;

    [[nodiscard]] std::int64_t linear() const { return (at.b * grid.h + at.y) * grid.w + at.x; }
    void move(std::int64_t positions) {
        const std::int64_t to = linear() + positions;
        at = {to / grid.w / grid.h, to / grid.w % grid.h, to % grid.w};
    }
};

}  // namespace satsim::fast
