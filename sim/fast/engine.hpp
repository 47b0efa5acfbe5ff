// One engine of a run: its sequencer, its saved position, its loops and what it has in flight.
#pragma once

#include <span>
#include <vector>

#include "sim/cycle/positions.hpp"
#include "sim/cycle/sequencer.hpp"
#include "sim/fast/loop_log.hpp"
#include "sim/fast/loop_tokens.hpp"

namespace satsim::fast {

// Positions visited by LOAD or STORE as one number, so that a loop's share of a walk can be added.
struct Walk {
    cycle::Position at;
    cycle::Grid grid;

    [[nodiscard]] std::int64_t linear() const { return (at.b * grid.h + at.y) * grid.w + at.x; }
    void move(std::int64_t positions) { place(linear() + positions); }

  private:
    void place(std::int64_t linear) {
        at.x = linear % grid.w;
        at.y = linear / grid.w % grid.h;
        at.b = linear / grid.w / grid.h;
    }
};

struct Engine {
    explicit Engine(isa::Engine engine) : sequencer(engine), number(static_cast<std::size_t>(engine)) {}
    void restart(std::span<const isa::Instruction> stream, Cycles start);

    // The start of an operation: SEEK's position, or the saved one.
    [[nodiscard]] cycle::Position begin(bool seek, const cycle::Position& seek_to) const {
        return seek ? seek_to : walk.at;
    }
    void advance_walk(const cycle::Position& begin, const cycle::Grid& grid, std::int64_t count);
    // Leaves out iterations of the open loop at `depth`.
    void skip(std::size_t depth, std::int64_t iterations);

    cycle::Sequencer sequencer;
    std::size_t number;
    Walk walk;
    StreamLoops loops;
    LoopLogs logs;
    std::size_t arrived_at = 0;  // instruction at which logs arrived last, + 1; 0: none
    int waits_for = -1;          // semaphore
    bool stale = true;           // the instruction at hand has to be looked at again
    Cycles executed = 0;         // cycle of the last WAIT, POST or RUN
    Cycles active_until = 0;     // last cycle in which anything of it is known to happen
    // Operations whose release or end is not known yet (LOAD, STORE), oldest first.
    std::vector<isa::RunFields> flying;
    std::size_t released = 0;
    std::size_t ended = 0;
};

}  // namespace satsim::fast
