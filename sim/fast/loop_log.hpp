// What an engine's open loops have done so far, iteration by iteration.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/support/types.hpp"
#include "sim/cycle/sequencer.hpp"

namespace satsim::fast {

// One loop from its first iteration on. Entry i is taken where iteration i meets its first WAIT, POST or RUN.
struct LoopLog {
    std::size_t first = 0;           // the loop's first instruction
    std::int64_t left = 0;           // iterations that remain after the present one
    std::vector<Cycles> iterations;  // skipped cycles included

    // Where the present iteration began: registers and walk (positions, linear). What the last iteration
    // added to them, and to those registers to which the one before added as much; 0 to others, which are set
    // or toggled in the body.
    using Registers = std::array<std::int64_t, isa::kRegisters>;
    static constexpr std::size_t kStepsKnown = 3;  // iterations logged
    Registers registers{};
    Registers added{};
    Registers step{};
    std::int64_t walked = 0;
    std::int64_t walk_step = 0;

    void forget() { iterations.clear(); }
};

class LoopLogs {
  public:
    void reset();
    // The sequencer has come to an instruction that concerns others, in `now`; `walked` is the engine's saved
    // position. Returns the depth of the outermost loop that has begun a new iteration, or -1.
    int arrive(const cycle::Sequencer& sequencer, Cycles now, std::int64_t walked);
    [[nodiscard]] std::size_t depth() const { return depth_; }
    [[nodiscard]] LoopLog& operator[](std::size_t depth) { return logs_[depth]; }

  private:
    std::array<LoopLog, isa::kLoopDepth> logs_;
    std::size_t depth_ = 0;
};

}  // namespace satsim::fast
