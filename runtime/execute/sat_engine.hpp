// Tasks as SAT's programs: scheduled, emitted, run on a memory image that holds the operands.
//
// Which machine runs the program is left open: the functional model here, the cycle model in sim/execute. All
// of them leave the same bits.
#pragma once

#include <map>
#include <memory>
#include <set>

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
    // Runs every GEMM, and the vector tasks that VEC has a program for, as far as this machine's buffers hold
    // them and it is built for their pattern.
    [[nodiscard]] std::string refusal(const Task& task) const override;
    // Both throw InputError naming the layer for a task that refusal() refuses.
    void gemm(const GemmWork& work) override;
    void vector(const VectorWork& work) override;

    // Of all programs since clear_status(): one ended with STATUS.nonfinite.
    [[nodiscard]] bool nonfinite() const { return nonfinite_; }
    void clear_status() { nonfinite_ = false; }

  protected:
    // Returns STATUS.nonfinite.
    [[nodiscard]] virtual bool run(const isa::Program& program, MemoryImage& memory) = 0;
    [[nodiscard]] const schedule::MachineView& machine() const { return machine_; }

  private:
    [[nodiscard]] const isa::Program& program_of(const GemmTask& scheduled) const;
    // Throws InputError where VEC has no program.
    void require_program(VectorTask task) const;

    schedule::MachineView machine_;
    schedule::ScheduleOptions options_;
    // By the task without its name: refusal() has already made what a step then runs.
    mutable std::map<GemmTask, isa::Program> programs_;
    mutable std::set<VectorTask> known_;  // that there is a program
    bool nonfinite_ = false;
};

class SatFunctionalEngine : public SatEngine {
  public:
    explicit SatFunctionalEngine(const schedule::MachineView& machine,
                                 const schedule::ScheduleOptions& options = {})
        : SatEngine(machine, options), vector_(machine.array), sat_(machine.array, &vector_) {}
    [[nodiscard]] std::string name() const override { return "sat-functional"; }

  protected:
    [[nodiscard]] bool run(const isa::Program& program, MemoryImage& memory) override {
        sat_.run(program, memory);
        return sat_.state().nonfinite;
    }

  private:
    vector::VectorEngine vector_;
    FunctionalSat sat_;
};

}  // namespace satsim::execute
