// LOAD as a SystemC module: LoadTiming behind a sequencer, reads in the order of time.
#pragma once

#include <optional>

#include "sim/cycle/engine_module.hpp"
#include "sim/cycle/load_timing.hpp"

namespace satsim::cycle {

class LoadModule : public EngineModule {
  public:
    LoadModule(const sc_core::sc_module_name& name, RunState& run)
        : EngineModule(name, isa::Engine::Load, run) {}

  protected:
    void restart_engine() override { timing_.emplace(run_.config); }
    Cycles ready(const Dispatch& /*operation*/) override { return timing_->ready(); }
    void dispatch(Cycles d, const Dispatch& operation) override;
    void walk_engine(StateWalk& state) override { timing_->walk(state); }
    [[nodiscard]] Position saved_position() const override { return timing_->saved_position(); }
    Ticks call_due() const override { return timing_->requesting() ? 2 * timing_->request().at : kUnknown; }
    void call() override;

  private:
    void report();

    std::optional<LoadTiming> timing_;
};

}  // namespace satsim::cycle
