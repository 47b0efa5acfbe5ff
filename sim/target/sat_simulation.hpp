// One task on SAT, from schedule to execution. Called in worker processes: SystemC elaborates once a process.
#pragma once

#include <limits>

#include "runtime/hardware/hardware.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "sim/fast/ranked_schedules.hpp"
#include "sim/target/program_costs.hpp"
#include "sim/target/wire.hpp"

namespace satsim::sat {

enum class Fidelity { Cycle, Fast };
[[nodiscard]] const char* to_string(Fidelity fidelity);

struct SimulationSettings {
    Hardware hardware;
    schedule::ScheduleOptions options;
    Fidelity fidelity = Fidelity::Cycle;
    std::size_t candidates = 3;  // best schedules of the fast model that the cycle model ranks anew
    // A candidate is not run when it cannot win: the fast model puts it this much above the best simulated
    // one (its error is within a few percent, docs/architecture/fast-model.md) ...
    double hopeless = 1.10;
    // ... or the fast model met the simulation of the best this closely and promises no more than this.
    double negligible = fast::kSame;
    std::uint64_t stall_seed = 0;  // random memory stalls; 0: none
    bool skip_periods = true;      // cycle::RunOptions::skip_periods

    [[nodiscard]] schedule::MachineView machine() const;
    // For fast::ranked_candidates: how far an estimate may be above the best prediction. `fast` predicts only
    // what promises more than it would give up for traffic.
    [[nodiscard]] double margin() const {
        return fidelity == Fidelity::Fast ? -fast::kSame : std::numeric_limits<double>::infinity();
    }
};

// Refuses a program that the accelerator cannot run to its end, whatever it was scheduled by: isa::check, and
// every operation by itself in programs of at most isa::kWalkBudget instructions a stream. Throws InputError,
// one line beginning with `name`. For programs that come from outside: seconds for a large one.
void require_runnable(const isa::Program& program, const std::string& name);

// Runs a program on the cycle model; `limit` 0: to the end.
[[nodiscard]] Execution run_program(const isa::Program& program, const SimulationSettings& settings,
                                    Cycles limit, bool record);

// What a run keeps for traces.
struct Recording {
    std::int64_t operations = 0;  // all operations of programs with at most this many
    std::size_t intervals = 0;    // of other programs, at most this many busy intervals an engine
    [[nodiscard]] bool any() const { return operations > 0 || intervals > 0; }
};

// The best of the candidate schedules and what it did, recorded as asked for. Programs of more than 2^22
// operations are never recorded (100 MB). Throws InputError naming the layer; std::logic_error when an
// emitted program is faulty. `costs`: of programs by the fast model, which may remember them; `estimates`: of
// this task's schedules on this machine.
[[nodiscard]] SimulationResult simulate(const Task& task, const SimulationSettings& settings,
                                        const Recording& recording, ProgramCosts& costs,
                                        schedule::KnownEstimates& estimates);
[[nodiscard]] SimulationResult simulate(const Task& task, const SimulationSettings& settings,
                                        const Recording& recording);

}  // namespace satsim::sat
