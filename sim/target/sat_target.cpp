#include "sim/target/sat_target.hpp"

#include <algorithm>
#include <set>

#include "sim/target/task_key.hpp"
#include "sim/target/task_result.hpp"

namespace satsim::sat {
namespace {

// How long a simulation may take, roughly, for the order of tasks alone: long ones first keep all workers
// busy to the end. At `cycle` an element of an AdamW update takes about as long as 4,000 multiplications of a
// GEMM (ARMOR-8B's text head, 2026-11-27: 379 million elements 1.3 s, FF and BP of 3.9e12 each 1.2 to 1.4 s).
constexpr double kMacsPerElement = 4000;

double effort(const Task& task) {
    if (const auto* gemm = std::get_if<GemmTask>(&task)) return static_cast<double>(gemm->dense_macs());
    return kMacsPerElement * static_cast<double>(std::get<VectorTask>(task).elements);
}

}  // namespace

bool SatTarget::can_run(const Task& task) const {
    return has_unit(task);
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

std::vector<TaskResult> SatTarget::run(const std::vector<Task>& tasks,
                                       const std::function<void(std::size_t, std::size_t)>& progress) {
    simulate_unknown(tasks, progress);
    std::vector<TaskResult> results;
    results.reserve(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i)
        results.push_back(task_result(tasks[i], known_.at(key(tasks[i], i)), settings_.simulation.hardware));
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
