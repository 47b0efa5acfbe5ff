// VEC as a SystemC module: its sequencer runs, its operations are refused until contract.md §6 gives their
// timing.
#pragma once

#include "sim/cycle/engine_module.hpp"

namespace satsim::cycle {

class VecModule : public EngineModule {
  public:
    VecModule(const sc_core::sc_module_name& name, RunState& run)
        : EngineModule(name, isa::Engine::Vec, run) {}

  protected:
    void restart_engine() override {}
    Cycles ready(const Dispatch& /*operation*/) override { return 0; }
    void dispatch(Cycles d, const Dispatch& operation) override;
};

}  // namespace satsim::cycle
