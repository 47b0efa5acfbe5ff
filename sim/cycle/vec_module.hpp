// VEC as a SystemC module: a vector operation is known in full when it is dispatched (vector.md §1).
#pragma once

#include "sim/cycle/engine_module.hpp"
#include "sim/cycle/vec_timing.hpp"

namespace satsim::cycle {

class VecModule : public EngineModule {
  public:
    VecModule(const sc_core::sc_module_name& name, RunState& run)
        : EngineModule(name, isa::Engine::Vec, run) {}

  protected:
    void restart_engine() override { timing_ = VecTiming(run_.config.line_bytes()); }
    Cycles ready(const Dispatch& /*operation*/) override { return timing_.ready(); }
    void dispatch(Cycles d, const Dispatch& operation) override;
    void walk_engine(StateWalk& state) override { timing_.walk(state); }

  private:
    VecTiming timing_;
};

}  // namespace satsim::cycle
