// SystemC's time as the clock cycles of a run, and the rule of temporal decoupling.
//
// Two units of SystemC time are one cycle: reads of cycle t happen at 2t, writes at 2t+1, so that the memory
// is called in the order (cycle, read before write). Each engine says when it has something to do next: its
// turn. An engine that is the only one with something to do before time h goes there without yielding:
// nothing can happen in between that it would miss. And as long as SystemC has nothing else to do, engines
// hand over to each other in the order of their turns; SystemC's time then follows with the next turn that it
// is told of.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <systemc>

#include "sim/cycle/load_timing.hpp"

namespace satsim::cycle {

using Ticks = Cycles;  // half cycles since the run began

class Clock {
  public:
    // Cycle 0 is SystemC's present time; no engine has a turn.
    void restart() {
        origin_ = static_cast<Ticks>(sc_core::sc_time_stamp().value());
        turn_ = 0;
        due_.fill(kUnknown);
    }

    // SystemC has begun a process of this model: what else it has to do, and when.
    void enter() {
        turn_ = std::max(turn_, now());
        others_ = now() + 1;
        if (sc_core::sc_pending_activity_at_current_time()) return;
        // Without any activity this is the largest time there is, more than Ticks can hold.
        const auto ahead = sc_core::sc_time_to_pending_activity().value();
        others_ = ahead < kFar ? now() + static_cast<Ticks>(ahead) : kUnknown;
    }
    // The engine's turn comes in `at` at the latest.
    void expect(std::size_t engine, Ticks at) { due_[engine] = std::min(due_[engine], at); }
    // The earliest turn, kUnknown if there is none, and whose it is.
    [[nodiscard]] Ticks next_turn() const { return *std::min_element(due_.begin(), due_.end()); }
    [[nodiscard]] std::size_t next_engine() const {
        return static_cast<std::size_t>(std::min_element(due_.begin(), due_.end()) - due_.begin());
    }
    // True if SystemC need not be asked before the next turn.
    [[nodiscard]] bool turn_is_free() const { return next_turn() < others_; }
    // The engine begins its turn.
    void begin_turn(std::size_t engine) {
        turn_ = std::max(turn_, due_[engine]);
        due_[engine] = kUnknown;
    }

    // True if nothing else can happen before `at`, so that the caller may act as if it were `at` already.
    [[nodiscard]] bool reach(Ticks at) const { return at < horizon(); }
    // The first time that must not be acted on. The time of the turn may always be.
    [[nodiscard]] Ticks horizon() const { return std::max(turn_ + 1, std::min(next_turn(), others_)); }
    // From SystemC's present time.
    [[nodiscard]] sc_core::sc_time until(Ticks at) const {
        const Ticks delay = at - now();
        return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(delay > 0 ? delay : 0));
    }

  private:
    [[nodiscard]] Ticks now() const { return static_cast<Ticks>(sc_core::sc_time_stamp().value()) - origin_; }

    static constexpr sc_dt::uint64 kFar = sc_dt::uint64{1} << 62;
    Ticks origin_ = 0;
    Ticks turn_ = 0;    // when the turn at hand began
    Ticks others_ = 0;  // SystemC's next activity but for turns
    std::array<Ticks, isa::kEngines> due_{};
};

}  // namespace satsim::cycle
