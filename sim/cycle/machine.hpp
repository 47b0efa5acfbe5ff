// The elaborated model: four engines around one memory object. One a process (SystemC elaborates once).
#pragma once

#include <array>

#include "sim/cycle/load_module.hpp"
#include "sim/cycle/period_skipper.hpp"
#include "sim/cycle/stce_module.hpp"
#include "sim/cycle/store_module.hpp"
#include "sim/cycle/vec_module.hpp"

namespace satsim::cycle {

class Machine : public sc_core::sc_module, private RepeatingModel {
  public:
    explicit Machine(const sc_core::sc_module_name& name);
    [[nodiscard]] Execution run(const isa::Program& program, const RunOptions& options);
    [[nodiscard]] Cycles skipped() const { return run_.skipped; }

  private:
    void restart(const isa::Program& program, const RunOptions& options);
    void check_all_halted() const;

    void walk(StateWalk& state) override;
    [[nodiscard]] std::size_t pc(isa::Engine engine) const override;
    [[nodiscard]] const dram::Memory& memory() const override { return *run_.memory; }
    [[nodiscard]] std::vector<std::int64_t*> counters() override;
    void left_out(Cycles cycles, const MemoryCounters& counted) override;

    RunState run_;
    LoadModule load_;
    StceModule stce_;
    VecModule vec_;
    StoreModule store_;
    std::array<EngineModule*, isa::kEngines> engines_;
    PeriodSkipper skipper_;
};

}  // namespace satsim::cycle
