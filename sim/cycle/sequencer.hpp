// An engine's sequencer: registers, loops, one instruction a cycle. contract.md §3, without SystemC.
//
// advance() runs over the instructions that concern this engine alone and stops in front of the next one that
// does not (WAIT, POST, RUN) or after HALT; the owner decides in which cycle that one is executed and calls
// execute().
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/isa/instruction.hpp"
#include "runtime/support/types.hpp"
#include "sim/support/state_walk.hpp"

namespace satsim::cycle {

class Sequencer {
  public:
    explicit Sequencer(isa::Engine engine) : engine_(engine) {}

    // Back to the first instruction, to be executed in cycle `start`. The stream must outlive the run; empty:
    // halted.
    void reset(std::span<const isa::Instruction> stream, Cycles start);

    // Stops after cycle `limit` too (then now() > limit). Throws InputError for a stream that breaks the
    // rules: nesting deeper than the loop stack, END without LOOP, a loop of no iterations, running past the
    // last instruction.
    void advance(Cycles limit);
    // The instruction at hand is executed in cycle `at` (>= now()); the next one is due in at + 1.
    void execute(Cycles at) {
        now_ = at + 1;
        ++pc_;
    }

    [[nodiscard]] bool halted() const { return halted_; }
    [[nodiscard]] const isa::Instruction& instruction() const { return stream_[pc_]; }
    [[nodiscard]] Cycles now() const { return now_; }  // cycle in which that instruction is at hand first
    [[nodiscard]] Cycles halted_in() const { return now_ - 1; }  // cycle of HALT
    [[nodiscard]] std::size_t pc() const { return pc_; }
    [[nodiscard]] std::span<const std::int64_t> registers() const { return registers_; }

    struct Loop {
        std::size_t first;  // first instruction of the body
        std::int64_t left;  // iterations after this one
    };
    // Loops that are open, outermost first.
    [[nodiscard]] std::span<const Loop> loops() const { return loops_; }
    void walk(StateWalk& state);

    // Leaves out `iterations` of the open loop `depth`, each of which would have added `step` to the
    // registers. Needs iterations <= left.
    void skip(std::size_t depth, std::int64_t iterations, std::span<const std::int64_t> step);

  private:
    [[noreturn]] void fault(const std::string& what) const;

    isa::Engine engine_;
    std::span<const isa::Instruction> stream_;
    std::array<std::int64_t, isa::kRegisters> registers_{};
    std::uint32_t toggled_ = 0;  // registers that XOR reads or writes, one bit each
    std::vector<Loop> loops_;
    std::size_t pc_ = 0;
    Cycles now_ = 0;
    bool halted_ = true;
};

}  // namespace satsim::cycle
