// Tasks as SAT's programs: scheduled, emitted, run on a memory image that holds the operands.
//
// Which machine runs the program is left open: the functional model here, the cycle model in sim/execute. All
// of them leave the same bits.
#pragma once

#include <map>
#include <memory>

#include "runtime/execute/engine.hpp"
#include "runtime/functional/functional_sat.hpp"
#include "runtime/functional/memory_image.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "runtime/vector/vector_engine.hpp"

namespace satsim::execute {

class SatEngine : public Engine {
  public:
    explicit SatEngine(const schedule::MachineView& machine, const schedule::ScheduleOptions& options = {})
        : machine_(machine), options_(options) {}
    // Every GEMM but those of a pruned gradient, and the vector tasks that VEC has a program for.
    [[nodiscard]] bool can_run(const Task& task) const override;
    // Both throw InputError naming the layer for a task that no schedule fits.
    void gemm(const GemmWork& work) override;
    void vector(const VectorWork& work) override;

  protected:
    virtual void run(const isa::Program& program, MemoryImage& memory) = 0;
    [[nodiscard]] const schedule::MachineView& machine() const { return machine_; }

  private:
    schedule::MachineView machine_;
    schedule::ScheduleOptions options_;
    std::map<GemmTask, isa::Program> programs_;  // by the task without its name
};

class SatFunctionalEngine : public SatEngine {
  public:
    explicit SatFunctionalEngine(const schedule::MachineView& machine,
                                 const schedule::ScheduleOptions& options = {})
        : SatEngine(machine, options), vector_(machine.array), sat_(machine.array, &vector_) {}
    [[nodiscard]] std::string name() const override { return "sat-functional"; }

  protected:
    void run(const isa::Program& program, MemoryImage& memory) override { sat_.run(program, memory); }

  private:
    vector::VectorEngine vector_;
    FunctionalSat sat_;
};

}  // namespace satsim::execute
