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
    struct Iteration {
        Cycles at = 0;                // cycle, skipped ones included
        std::uint64_t signature = 0;  // of the iteration before: a hash of its times, relative to each other
    };
    std::size_t first = 0;  // the loop's first instruction
    std::int64_t left = 0;  // iterations that remain after the present one
    std::vector<Iteration> iterations;
    std::uint64_t signature = 0;  // of the present iteration, so far

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
    // It was executed `delay` cycles after the one before it.
    void executed(Cycles delay) { mix(static_cast<std::uint64_t>(delay)); }
    // Something else that makes iterations differ.
    void mix(std::uint64_t value) {
        for (std::size_t d = 0; d < depth_; ++d) {
            std::uint64_t& s = logs_[d].signature;
            s = (s ^ value) * 0x9E3779B97F4A7C15ULL;
            s ^= s >> 29;
        }
    }
    [[nodiscard]] std::size_t depth() const { return depth_; }
    [[nodiscard]] LoopLog& operator[](std::size_t depth) { return logs_[depth]; }

  private:
    std::array<LoopLog, isa::kLoopDepth> logs_;
    std::size_t depth_ = 0;
};

}  // namespace satsim::fast
