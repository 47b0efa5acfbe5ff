// STCE as a SystemC module: a GEMM operation is known in full when it is dispatched (contract.md §5).
#pragma once

#include "sim/cycle/engine_module.hpp"
#include "sim/cycle/stce_recurrence.hpp"

namespace satsim::cycle {

class StceModule : public EngineModule {
  public:
    StceModule(const sc_core::sc_module_name& name, RunState& run)
        : EngineModule(name, isa::Engine::Stce, run) {}

  protected:
    void restart_engine() override { timing_ = StceRecurrence(run_.config.rows, run_.config.columns); }
    Cycles ready(const Dispatch& operation) override;
    void dispatch(Cycles d, const Dispatch& operation) override;
    void walk_engine(StateWalk& state) override { timing_.walk(state); }

  private:
    void count(const GemmOperation& op);

    StceRecurrence timing_;
};

}  // namespace satsim::cycle
