// One engine of a run: its sequencer and its loops.
#pragma once

#include <span>

#include "sim/cycle/sequencer.hpp"
#include "sim/fast/loop_log.hpp"
#include "sim/fast/loop_tokens.hpp"
#include "sim/fast/walk.hpp"

namespace satsim::fast {

struct Engine {
    explicit Engine(isa::Engine engine) : sequencer(engine), number(static_cast<std::size_t>(engine)) {}

    // `positions`: the saved position of LOAD and STORE, else null.
    void restart(std::span<const isa::Instruction> stream, Cycles start, Walk* positions);
    [[nodiscard]] bool is(isa::Engine engine) const { return number == static_cast<std::size_t>(engine); }
    // The sequencer has come to an instruction that concerns others, for the first time. Returns the depth of
    // the outermost loop that has begun a new iteration, or -1. `skipped`: cycles left out so far.
    [[nodiscard]] int arrive(Cycles skipped);
    // That instruction is executed in cycle `at`.
    void execute(Cycles at);
    void walk_state(StateWalk& state);
    // Leaves out iterations of the open loop at `depth`.
    void skip(std::size_t depth, std::int64_t iterations);

    cycle::Sequencer sequencer;
    std::size_t number;
    Walk* walk = nullptr;
    StreamLoops loops;
    LoopLogs logs;
    bool arrived = false;  // at the instruction at hand
    bool stale = true;     // it has to be looked at again
};

}  // namespace satsim::fast
