// One engine of a run: its sequencer and its loops.
#pragma once

#include <algorithm>
#include <deque>
#include <span>

#include "sim/cycle/sequencer.hpp"
#include "sim/fast/loop_log.hpp"
#include "sim/fast/loop_tokens.hpp"
#include "sim/fast/walk.hpp"

namespace satsim::fast {

// In how many cycles an engine had an operation. Operations end in the order in which they began.
class Work {
  public:
    void begin(Cycles at) { begun_.push_back(at); }
    void end(Cycles at) {
        const Cycles from = std::max(begun_.front(), until_ + 1);
        begun_.pop_front();
        if (at < from) return;
        busy_ += at - from + 1;
        until_ = at;
    }
    [[nodiscard]] Cycles busy() const { return busy_; }

  private:
    std::deque<Cycles> begun_;
    Cycles until_ = -1;
    Cycles busy_ = 0;
};

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
    Work work;
    bool arrived = false;  // at the instruction at hand
    bool stale = true;     // it has to be looked at again
};

}  // namespace satsim::fast
