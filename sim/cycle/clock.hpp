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
    [[nodiscard]] bool reach(Ticks at) const {
        const Ticks present = now();
        if (at <= present) return true;
        if (sc_core::sc_pending_activity_at_current_time()) return false;
        const sc_core::sc_time next = sc_core::sc_time_to_pending_activity();
        return at - present < static_cast<Ticks>(next.value());
    }
    [[nodiscard]] sc_core::sc_time until(Ticks at) const {
        const Ticks delay = at - now();
        return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(delay > 0 ? delay : 0));
    }

  private:
    Ticks origin_ = 0;
};

}  // namespace satsim::cycle
