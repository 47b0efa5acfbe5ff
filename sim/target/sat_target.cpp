#include "sim/target/sat_target.hpp"

#include <algorithm>
#include <set>

#include "runtime/dispatch/bound.hpp"
#include "sim/target/task_key.hpp"

namespace satsim::sat {
namespace {

// How long a simulation may take, roughly: long ones first keep all workers busy to the end.
double effort(const Task& task) {
    if (const auto* gemm = std::get_if<GemmTask>(&task)) return static_cast<double>(gemm->dense_macs());
    return 0;
}

void fill_gemm(const GemmTask& task, const SimulationResult& simulated, TaskResult& result) {
    result.layer = task.layer;
    result.part = task.part;
    result.stage = to_string(task.stage);
    result.kind = "gemm";
    result.shape = task.shape;
    result.count = task.count;
    result.nm = task.nm;
    result.dense_reason = task.dense_reason;
    result.dataflow = schedule::to_string(simulated.schedule->dataflow);
    result.tile = simulated.schedule->tile_text();
    result.dense_macs = task.dense_macs();
    result.macs_issued =
        task.dense_macs() / task.nm.m * task.nm.n + task.dense_macs() % task.nm.m * task.nm.n / task.nm.m;
}

}  // namespace

bool SatTarget::can_run(const Task& task) const {
    const auto* vector = std::get_if<VectorTask>(&task);
    return vector == nullptr || vector->sat_capable;
}

bool SatTarget::records(const Task& task) const {
    return settings_.recording.any() && (!settings_.wants_operations || settings_.wants_operations(task));
}

std::string SatTarget::key(const Task& task, std::size_t number) const {
    return task_key(task) + (records(task) ? " recorded" : "") +
           (settings_.skip_equal ? "" : " number " + std::to_string(number));
}

void SatTarget::simulate_unknown(const std::vector<Task>& tasks,
                                 const std::function<void(std::size_t, std::size_t)>& progress) {
    std::vector<std::size_t> unknown;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        const std::string name = key(tasks[i], i);
        if (!known_.contains(name) && seen.insert(name).second) unknown.push_back(i);
    }
    std::stable_sort(unknown.begin(), unknown.end(),
                     [&](std::size_t a, std::size_t b) { return effort(tasks[a]) > effort(tasks[b]); });
    std::size_t finished = 0;
    if (progress) progress(0, unknown.size());
    run_forked(
        unknown.size(), settings_.workers,
        [&](std::size_t i) {
            const Task& task = tasks[unknown[i]];
            return to_wire(
                simulate(task, settings_.simulation, records(task) ? settings_.recording : Recording{}));
        },
        [&](std::size_t i, const Bytes8& bytes) {
            known_.emplace(key(tasks[unknown[i]], unknown[i]), from_wire(bytes));
            if (progress) progress(++finished, unknown.size());
        });
}

TaskResult SatTarget::result_of(const Task& task, const SimulationResult& simulated) const {
    const Hardware& hardware = settings_.simulation.hardware;
    TaskResult result;
    BoundInput input{simulated.execution, hardware.array};
    if (const auto* gemm = std::get_if<GemmTask>(&task)) {
        fill_gemm(*gemm, simulated, result);
        const int slots = simulated.schedule->row_slots * simulated.schedule->column_slots;
        input.short_interleave = slots < isa::timing::kAccInterval;
    } else {
        const auto& vector = std::get<VectorTask>(task);
        result.layer = vector.layer;
        result.stage = to_string(vector.stage);
        result.kind = "vector";
        result.tile = satsim::to_string(vector.op);
        input.gemm = false;
    }
    result.execution = simulated.execution;
    result.intervals = simulated.intervals;
    result.cycles = simulated.execution.cycles();
    result.seconds = static_cast<double>(result.cycles) / hardware.clock_hz;
    const MemoryCounters& memory = simulated.execution.memory;
    result.dram_bytes = (memory.read_lines + memory.write_lines) * hardware.array.line_bytes();
    result.bound = classify(input);
    result.provenance = simulated.simulated ? Provenance::Simulated : Provenance::Modelled;
    return result;
}

std::vector<TaskResult> SatTarget::run(const std::vector<Task>& tasks,
                                       const std::function<void(std::size_t, std::size_t)>& progress) {
    simulate_unknown(tasks, progress);
    std::vector<TaskResult> results;
    results.reserve(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i)
        results.push_back(result_of(tasks[i], known_.at(key(tasks[i], i))));
    return results;
}

Execution run_program_forked(const isa::Program& program, const SimulationSettings& settings) {
    Execution execution;
    run_forked(
        1, 1,
        [&](std::size_t) {
            return to_wire({std::nullopt, run_program(program, settings, 0, false), {}, true});
        },
        [&](std::size_t, const Bytes8& bytes) { execution = from_wire(bytes).execution; });
    return execution;
}

}  // namespace satsim::sat
