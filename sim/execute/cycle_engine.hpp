// Tasks as SAT's programs on the SystemC model with data. The bits are those of the functional model.
#pragma once

#include "runtime/execute/sat_engine.hpp"
#include "sim/cycle/cycle_sat.hpp"

namespace satsim::execute {

class SatCycleEngine : public SatEngine {
  public:
    explicit SatCycleEngine(const schedule::MachineView& machine,
                            const schedule::ScheduleOptions& options = {})
        : SatEngine(machine, options), vector_(machine.array) {}
    [[nodiscard]] std::string name() const override { return "sat-cycle"; }
    // Of all programs so far.
    [[nodiscard]] Cycles cycles() const { return cycles_; }

  protected:
    [[nodiscard]] bool run(const isa::Program& program, MemoryImage& memory) override;

  private:
    vector::VectorEngine vector_;
    cycle::CycleSat sat_;
    Cycles cycles_ = 0;
};

}  // namespace satsim::execute
