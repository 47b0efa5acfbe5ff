#include "sim/target/sat_simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include "runtime/isa/checker.hpp"
#include "runtime/isa/operation_walk.hpp"
#include "runtime/schedule/fold_image.hpp"
#include "runtime/vector/parameters.hpp"
#include "sim/cycle/cycle_sat.hpp"
#include "sim/fast/ranked_schedules.hpp"
#include "sim/target/program_counters.hpp"

namespace satsim::sat {
namespace {

std::string name_of(const GemmTask& task) {
    return fmt::format("layer {} {}{}{}", task.layer, to_string(task.stage), task.part.empty() ? "" : " ",
                       task.part);
}

// The scheduler's own programs: a fault is satsim's, not the user's. Milliseconds a program.
void require_sound(const isa::Program& program, const std::string& name) {
    try {
        isa::check(program, name);
    } catch (const InputError& error) {
        throw std::logic_error(std::string("emitted program: ") + error.what());
    }
}

constexpr std::int64_t kRecordedOperations = std::int64_t{1} << 22;

bool must_record(const isa::Program& program, const Recording& recording) {
    return recording.any() &&
           count_operations(program) <= std::max(recording.operations, kRecordedOperations);
}

// Turns the recorded operations into what was asked for.
void keep(SimulationResult& result, const Recording& recording) {
    std::int64_t operations = 0;
    for (const auto& records : result.execution.operations)
        operations += static_cast<std::int64_t>(records.size());
    const bool whole = operations <= recording.operations;
    for (std::size_t engine = 0; engine < result.intervals.size(); ++engine) {
        std::vector<OperationRecord>& records = result.execution.operations[engine];
        result.intervals[engine].clear();
        if (recording.intervals > 0) result.intervals[engine] = busy_intervals(records, recording.intervals);
        if (!whole) records = {};
    }
}

bool cannot_win(const schedule::GemmSchedule& candidate, const SimulationResult& best,
                const SimulationSettings& settings) {
    const auto promised = static_cast<double>(candidate.predicted);
    const auto reached = static_cast<double>(best.execution.cycles());
    if (promised > settings.hopeless * reached) return true;
    const double error = std::abs(static_cast<double>(best.schedule->predicted) - reached);
    return error <= settings.negligible * reached && promised >= (1 - settings.negligible) * reached;
}

SimulationResult simulate_gemm(const GemmTask& original, const SimulationSettings& settings,
                               const Recording& recording, ProgramCosts& costs,
                               schedule::KnownEstimates& estimates) {
    const schedule::MachineView machine = settings.machine();
    const GemmTask task = schedule::on_stored_input(original);
    const bool fast = settings.fidelity == Fidelity::Fast;
    SimulationResult best;
    best.simulated = !fast;
    const auto predict = [&](const isa::Program& program) { return costs.cycles(program, machine.memory); };
    for (const auto& [candidate, program] : fast::ranked_candidates(
             task, machine, settings.options, settings.candidates, predict, settings.margin(), estimates)) {
        if (best.schedule && cannot_win(candidate, best, settings)) continue;
        if (fast) {
            best.schedule = candidate;
            best.execution = costs.counted(program, machine.memory);
            break;
        }
        require_sound(program, name_of(task));
        // A candidate that is no better than the best so far may stop as soon as that is sure.
        const Cycles limit = best.schedule ? best.execution.cycles() : 0;
        try {
            Execution execution = run_program(program, settings, limit, must_record(program, recording));
            if (best.schedule && execution.cycles() >= best.execution.cycles()) continue;
            best.schedule = candidate;
            best.execution = std::move(execution);
            keep(best, recording);
        } catch (const cycle::CycleLimitError&) {
            continue;
        }
    }
    return best;
}

SimulationResult simulate_vector(const VectorTask& task, const SimulationSettings& settings,
                                 const Recording& recording, ProgramCosts& costs) {
    const schedule::MachineView machine = settings.machine();
    const isa::Program program = schedule::emit_vector(task, machine);
    if (settings.fidelity == Fidelity::Fast)
        return {std::nullopt, costs.counted(program, machine.memory), {}, false};
    require_sound(program, "layer " + task.layer + " " + to_string(task.stage));
    SimulationResult result;
    result.execution = run_program(program, settings, 0, must_record(program, recording));
    keep(result, recording);
    return result;
}

}  // namespace

void require_runnable(const isa::Program& program, const std::string& name) {
    isa::check(program, name);
    static_cast<void>(isa::check_operations(program, name, vector::operation_fault));
}

Execution run_program(const isa::Program& program, const SimulationSettings& settings, Cycles limit,
                      bool record) {
    cycle::RunOptions options;
    options.memory = settings.hardware.memory_config();
    options.memory.stall_seed = settings.stall_seed;
    options.cycle_limit = limit;
    options.skip_periods = settings.skip_periods;
    options.record_operations = record;
    cycle::CycleSat sat;
    return sat.run(program, options);
}

const char* to_string(Fidelity fidelity) {
    return fidelity == Fidelity::Cycle ? "cycle" : "fast";
}

schedule::MachineView SimulationSettings::machine() const {
    schedule::MachineView view{hardware.array, hardware.memory_config()};
    view.memory.stall_seed = stall_seed;
    return view;
}

SimulationResult simulate(const Task& task, const SimulationSettings& settings, const Recording& recording) {
    ProgramCosts costs;
    schedule::KnownEstimates estimates;
    return simulate(task, settings, recording, costs, estimates);
}

SimulationResult simulate(const Task& task, const SimulationSettings& settings, const Recording& recording,
                          ProgramCosts& costs, schedule::KnownEstimates& estimates) {
    if (const auto* vector = std::get_if<VectorTask>(&task))
        return simulate_vector(*vector, settings, recording, costs);
    const auto& gemm = std::get<GemmTask>(task);
    try {
        return simulate_gemm(gemm, settings, recording, costs, estimates);
    } catch (const cycle::DeadlockError& error) {
        throw std::logic_error(name_of(gemm) + ": " + error.what());
    } catch (const InputError& error) {
        if (error.where().starts_with("layer ")) throw;
        throw InputError(name_of(gemm), "", error.what());
    }
}

}  // namespace satsim::sat
