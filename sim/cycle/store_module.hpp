// STORE as a SystemC module: StoreTiming behind a sequencer, writes in the order of time, after the cycle's
// reads.
#pragma once

#include <optional>

#include "sim/cycle/engine_module.hpp"
#include "sim/cycle/store_timing.hpp"

namespace satsim::cycle {

class StoreModule : public EngineModule {
  public:
    StoreModule(const sc_core::sc_module_name& name, RunState& run)
        : EngineModule(name, isa::Engine::Store, run) {}

  protected:
    void restart_engine() override { timing_.emplace(run_.config); }
    Cycles ready(const Dispatch& /*operation*/) override { return timing_->ready(); }
    void dispatch(Cycles d, const Dispatch& operation) override;
    void walk_engine(StateWalk& state) override { timing_->walk(state); }
    [[nodiscard]] Position saved_position() const override { return timing_->saved_position(); }
    Ticks call_due() const override {
        return timing_->requesting() ? 2 * timing_->request().at + 1 : kUnknown;
    }
    void call() override;

  private:
    void report();

    std::optional<StoreTiming> timing_;
};

}  // namespace satsim::cycle
