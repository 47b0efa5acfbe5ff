// The position counters of LOAD and STORE (contract.md §4, §7) and the walk over an operation's positions.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/support/state_walk.hpp"

namespace satsim::cycle {

struct Position {
    std::int64_t b = 0;
    std::int64_t y = 0;
    std::int64_t x = 0;
    bool operator==(const Position&) const = default;

    void walk(StateWalk& state) {
        state.moving(b);
        state.moving(y);
        state.moving(x);
    }
};

inline constexpr std::int64_t kAddressMask =
    (std::int64_t{1} << 40) - 1;  // addresses are computed modulo 2^40

// The grid that both engines walk: x first, then y, then b. A counter wraps where it becomes equal to its
// bound.
struct Grid {
    std::int64_t w = 1;
    std::int64_t h = 1;
    bool operator==(const Grid&) const = default;

    // Positions from `at` to the end of its grid row.
    [[nodiscard]] std::int64_t left_in_row(const Position& at, std::int64_t count) const {
        return w > at.x ? std::min(w - at.x, count) : count;
    }
    // `at` after n positions, n not beyond the end of its row.
    void step(Position& at, std::int64_t n) const {
        at.x += n;
        if (at.x != w) return;
        at.x = 0;
        if (++at.y != h) return;
        at.y = 0;
        ++at.b;
    }
};

}  // namespace satsim::cycle
