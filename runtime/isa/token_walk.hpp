// Walks a program's four streams at the level of semaphore tokens: no time, no registers, no data.
//
// Why this decides every timing. A semaphore has one producing and one consuming engine and WAIT is the only
// instruction that blocks, so the streams form a deterministic token network: how far each engine can get
// does not depend on the order of steps, and neither does a deadlock. The most tokens that a semaphore can
// hold does depend on it: it is reached when its consumer is as late as possible. A walk therefore has one
// *lazy* engine that takes a step only when no other engine can; it finds the highest count of every
// semaphore which that engine consumes. Tokens that an operation pushes later than its dispatch only lower
// the counts.
//
// Why it is short. The walk is a deterministic function of its state (places, loop counters, tokens). When
// the state recurs, except that in each engine the counter of one loop, equal outer counters around it, has
// fallen by d_e, the same steps repeat as long as every such counter stays at least 1: k = min over engines
// of (counter - 1) / d_e periods are skipped by subtracting k * d_e. Within skipped periods the token counts
// are those of the first. Loops without tokens and loops of one iteration vanish beforehand. A walk of more
// than kMaxSteps steps is given up as a fault.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/isa/program.hpp"

namespace satsim::isa {

class TokenWalk {
  public:
    static constexpr std::int64_t kMaxSteps = 1 << 26;  // token and loop instructions: about a second

    // The program's structure must have been checked.
    TokenWalk(const Program& program, Engine lazy);

    // What stops the program (deadlock, overflow), or nothing when all engines halt.
    [[nodiscard]] std::optional<std::string> to_end();

    [[nodiscard]] const std::array<int, kSemaphores>& tokens() const { return state_.tokens; }
    // Of semaphores that the lazy engine consumes, the most under any timing; of others, the most in this
    // walk.
    [[nodiscard]] const std::array<int, kSemaphores>& highest() const { return highest_; }
    [[nodiscard]] std::int64_t steps() const { return steps_; }

  private:
    enum class Kind : std::uint8_t { Take, Give, Open, Close };
    struct TokenOp {
        Kind kind;
        int semaphore;
        std::int64_t count;       // tokens, or iterations
        std::size_t instruction;  // in the stream, for messages
    };
    struct EngineState {
        std::size_t at = 0;
        std::size_t depth = 0;
        std::array<std::int64_t, kLoopDepth> remain{};  // iterations left, the present one included
        std::array<std::size_t, kLoopDepth> first{};
    };
    struct State {
        std::array<EngineState, kEngines> engines;
        std::array<int, kSemaphores> tokens{};
    };
    // Earlier states in which a loop of one nesting level was the outermost to begin a new iteration.
    struct Memory {
        std::vector<State> recent;  // by hash of places and tokens
        State landmark;             // renewed after 1, 2, 4, ... samples
        std::int64_t samples = 0;
        std::int64_t next_landmark = 1;
    };

    [[nodiscard]] static std::vector<TokenOp> compile(const std::vector<Instruction>& stream);
    [[nodiscard]] bool step();
    [[nodiscard]] bool run_engine(std::size_t engine);
    [[nodiscard]] bool execute(std::size_t engine, const TokenOp& op);
    void skip_periods();
    [[nodiscard]] bool skip_from(const State& earlier);
    [[nodiscard]] std::size_t place_hash() const;
    [[nodiscard]] std::optional<std::string> stop_reason() const;

    std::array<std::vector<TokenOp>, kEngines> streams_;
    std::size_t lazy_;
    State state_;
    std::array<int, kSemaphores> highest_{};
    std::array<Memory, kLoopDepth> memories_;
    std::size_t iterated_ = kLoopDepth;  // outermost level that began a new iteration in this step
    std::int64_t steps_ = 0;
    std::optional<std::string> fault_;
};

}  // namespace satsim::isa
