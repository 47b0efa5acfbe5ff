// Executes one engine's stream as a sequencer does (contract.md §3), without time.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "runtime/isa/operation_rules.hpp"

namespace satsim::isa {

class StreamWalker {
  public:
    // `stream` must outlive the walker.
    StreamWalker(Engine engine, const std::vector<Instruction>& stream) : engine_(engine), stream_(&stream) {}

    // Executes register and loop instructions up to the next WAIT, POST or RUN, and stays there; nullptr when
    // halted. Throws InputError where hardware would stop: loops deeper than the stack, END without LOOP, no
    // HALT.
    [[nodiscard]] const Instruction* next();
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
    std::size_t at_ = 0;
    RegisterFile registers_{};
    std::array<OpenLoop, kLoopDepth> loops_{};
    std::size_t depth_ = 0;
};

}  // namespace satsim::isa
