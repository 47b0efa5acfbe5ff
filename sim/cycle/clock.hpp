// SystemC's time as the clock cycles of a run, and the rule of temporal decoupling.
//
// Two units of SystemC time are one cycle: reads of cycle t happen at 2t, writes at 2t+1, so that the memory
// is called in the order (cycle, read before write). A process that is the only one with something to do
// before time h goes there without yielding: nothing can happen in between that it would miss.
#pragma once

#include <systemc>

#include "sim/cycle/load_timing.hpp"

namespace satsim::cycle {

using Ticks = Cycles;  // half cycles since the run began

class Clock {
  public:
    // Cycle 0 is SystemC's present time.
    void restart() { origin_ = static_cast<Ticks>(sc_core::sc_time_stamp().value()); }
    [[nodiscard]] Ticks now() const { return static_cast<Ticks>(sc_core::sc_time_stamp().value()) - origin_; }

    // True if nothing else can happen before `at`, so that the caller may act as if it were `at` already.
    [[nodiscard]] bool reach(Ticks at) { return at < horizon(); }
    // The first time that must not be acted on.
    [[nodiscard]] Ticks horizon() {
        if (!horizon_known_) look();
        return horizon_;
    }
    // The next activity has changed: a process began to run, or a notification was made.
    void changed() { horizon_known_ = false; }
    [[nodiscard]] sc_core::sc_time until(Ticks at) const {
        const Ticks delay = at - now();
        return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(delay > 0 ? delay : 0));
    }

  private:
    // The present time may always be acted on; later times up to the next activity, which is not included.
    void look() {
        const Ticks present = now();
        horizon_ = present + 1;
        if (!sc_core::sc_pending_activity_at_current_time()) {
            // Without any activity this is the largest time there is, more than Ticks can hold.
            const auto ahead = sc_core::sc_time_to_pending_activity().value();
            horizon_ = ahead < kFar ? present + static_cast<Ticks>(ahead) : kUnknown;
        }
        horizon_known_ = true;
    }

    static constexpr sc_dt::uint64 kFar = sc_dt::uint64{1} << 62;
    Ticks origin_ = 0;
    Ticks horizon_ = 0;
    bool horizon_known_ = false;
};

}  // namespace satsim::cycle
