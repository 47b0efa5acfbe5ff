// Executes one engine's stream as a sequencer does (contract.md §3), without time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "runtime/isa/operation_rules.hpp"

namespace satsim::isa {

class StreamWalker {
  public:
    static constexpr std::int64_t kNoBudget = std::numeric_limits<std::int64_t>::max();

    // `stream` must outlive the walker, which halts early when it has executed `budget` instructions: a loop
    // without operations can turn 10^12 times.
    StreamWalker(Engine engine, const std::vector<Instruction>& stream, std::int64_t budget = kNoBudget)
        : engine_(engine), stream_(&stream), budget_(budget) {}

    // Executes register and loop instructions up to the next WAIT, POST or RUN, and stays there; nullptr when
    // halted. Throws InputError where hardware would stop: loops deeper than the stack, END without LOOP, no
    // HALT.
    [[nodiscard]] const Instruction* next();
    // True when next() returned nullptr because the budget was used up.
    [[nodiscard]] bool exhausted() const { return budget_ < 0; }
    // Steps over the instruction that next() returned.
    void pass() { ++at_; }

    [[nodiscard]] Engine engine() const { return engine_; }
    [[nodiscard]] std::size_t position() const { return at_; }  // number of the present instruction
    [[nodiscard]] const RegisterFile& registers() const { return registers_; }

  private:
    struct OpenLoop {
        std::size_t first;    // instruction after LOOP
        std::int64_t remain;  // iterations, the present one included
    };

    [[noreturn]] void fail(const char* message) const;
    void open_loop(std::int64_t count);
    void end_loop();

    Engine engine_;
    const std::vector<Instruction>* stream_;
    std::int64_t budget_;
    std::size_t at_ = 0;
    RegisterFile registers_{};
    std::array<OpenLoop, kLoopDepth> loops_{};
    std::size_t depth_ = 0;
};

}  // namespace satsim::isa
