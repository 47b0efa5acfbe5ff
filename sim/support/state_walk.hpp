// The state of the cycle model as one sequence of values, to compare two moments and to move on by whole
// periods; docs/architecture/skipping.md.
//
// Every class of the model has one function `walk(StateWalk&)` that names all of its state that can matter
// later on, in an order that depends on the state alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/support/types.hpp"

namespace satsim {

class StateWalk {
  public:
    // How far back a time can lie and still be told from never.
    static constexpr Cycles kHorizon = 8192;

    // Reads the state at the moment `now`.
    explicit StateWalk(Cycles now) : now_(now) {}
    // Moves it on by `periods` periods, each of which adds these steps, in the order of the walk.
    StateWalk(std::span<const std::int64_t> moving_steps, std::span<const std::int64_t> loop_steps,
              std::int64_t periods)
        : moving_steps_(moving_steps), loop_steps_(loop_steps), periods_(periods) {}

    void same(std::int64_t value) {
        if (periods_ == 0) same_.push_back(value);
    }
    void time(Cycles at) {
        if (periods_ != 0) return;
        same_.push_back(at >= kFar ? kFar : at < now_ - kHorizon ? -kFar : at - now_);
    }
    void moving(std::int64_t& value) { step(value, moving_, moving_steps_); }
    // Iterations that a loop has left.
    void loop(std::int64_t& left) { step(left, loops_, loop_steps_); }

    [[nodiscard]] Cycles now() const { return now_; }
    // What was read.
    [[nodiscard]] const std::vector<std::int64_t>& same_values() const { return same_; }
    [[nodiscard]] const std::vector<std::int64_t>& moving_values() const { return moving_; }
    [[nodiscard]] const std::vector<std::int64_t>& loop_values() const { return loops_; }

  private:
    static constexpr Cycles kFar = Cycles{1} << 60;

    void step(std::int64_t& value, std::vector<std::int64_t>& read, std::span<const std::int64_t>& steps) {
        if (periods_ == 0) {
            read.push_back(value);
            return;
        }
        value += periods_ * steps.front();
        steps = steps.subspan(1);
    }

    Cycles now_ = 0;
    std::vector<std::int64_t> same_;
    std::vector<std::int64_t> moving_;
    std::vector<std::int64_t> loops_;
    std::span<const std::int64_t> moving_steps_;  // that have not been made yet
    std::span<const std::int64_t> loop_steps_;
    std::int64_t periods_ = 0;  // 0: reads
};

}  // namespace satsim
