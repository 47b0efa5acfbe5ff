#include "sim/sweep/fast_target.hpp"

#include "sim/target/task_key.hpp"
#include "sim/target/task_result.hpp"

namespace satsim::sweep {
namespace {

// Options that the schedule of a task depends on: what sums over positions has one dataflow, vector tasks
// none.
const char* options_key(const Task& task, const schedule::ScheduleOptions& options) {
    using Dataflow = schedule::ScheduleOptions::DataflowChoice;
    const auto* gemm = std::get_if<GemmTask>(&task);
    if (gemm == nullptr) return "";
    if (gemm->sums_positions() || options.dataflow == Dataflow::Auto) return options.interleave ? " i" : " n";
    const bool os = options.dataflow == Dataflow::OutputStationary;
    return options.interleave ? os ? " i os" : " i ws" : os ? " n os" : " n ws";
}

}  // namespace

bool FastTarget::is_machine(const sat::SimulationSettings& settings) const {
    return known_.empty() || (settings.hardware.array == settings_.hardware.array &&
                              settings.hardware.memory_config() == settings_.hardware.memory_config() &&
                              settings.stall_seed == settings_.stall_seed);
}

void FastTarget::set(const sat::SimulationSettings& settings) {
    settings_ = settings;
}

bool FastTarget::can_run(const Task& task) const {
    return sat::has_unit(task);
}

const sat::SimulationResult& FastTarget::simulated(const Task& task) {
    std::string key = sat::task_key(task) + options_key(task, settings_.options);
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    constexpr std::size_t kMost = 20000;  // a kilobyte each
    if (known_.size() == kMost) known_.clear();
    return known_.emplace(std::move(key), sat::simulate(task, settings_, {}, costs_)).first->second;
}

std::vector<TaskResult> FastTarget::run(const std::vector<Task>& tasks,
                                        const std::function<void(std::size_t, std::size_t)>& progress) {
    std::vector<TaskResult> results;
    results.reserve(tasks.size());
    for (const Task& task : tasks) {
        results.push_back(sat::task_result(task, simulated(task), settings_.hardware));
        if (progress) progress(results.size(), tasks.size());
    }
    return results;
}

}  // namespace satsim::sweep
