#include "sim/sweep/fast_target.hpp"

#include "runtime/schedule/tensor_layout.hpp"
#include "sim/target/task_key.hpp"
#include "sim/target/task_result.hpp"

namespace satsim::sweep {
namespace {

// The dataflow where the schedule of a task depends on it: what sums over positions has one, vector tasks
// none.
const char* dataflow_key(const Task& task, const schedule::ScheduleOptions& options) {
    using Dataflow = schedule::ScheduleOptions::DataflowChoice;
    const auto* gemm = std::get_if<GemmTask>(&task);
    if (gemm == nullptr || gemm->sums_positions() || options.dataflow == Dataflow::Auto) return "";
    return options.dataflow == Dataflow::OutputStationary ? " os" : " ws";
}

const char* interleave_key(const Task& task, const schedule::ScheduleOptions& options) {
    return std::holds_alternative<GemmTask>(task) ? options.interleave ? " i" : " n" : "";
}

// Vector tasks pack for the array as it is built.
int needed_max_m(const Task& task, const isa::ArrayConfig& array) {
    const auto* gemm = std::get_if<GemmTask>(&task);
    return gemm == nullptr ? array.max_m : schedule::needed_max_m(*gemm, array);
}

bool same_but_for_max_m(isa::ArrayConfig a, const isa::ArrayConfig& b) {
    a.max_m = b.max_m;
    return a == b;
}

}  // namespace

bool FastTarget::is_machine(const sat::SimulationSettings& settings) const {
    return known_.empty() || (same_but_for_max_m(settings.hardware.array, settings_.hardware.array) &&
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
    const int max_m = needed_max_m(task, settings_.hardware.array);
    const std::string any_dataflow =
        sat::task_key(task) + " M" + std::to_string(max_m) + interleave_key(task, settings_.options);
    std::string key = any_dataflow + dataflow_key(task, settings_.options);
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    constexpr std::size_t kMost = 20000;  // a kilobyte each
    if (known_.size() == kMost) known_.clear();
    constexpr std::size_t kMostEstimated = 1000;  // ten kilobytes each
    if (estimates_.size() == kMostEstimated) estimates_.clear();
    // With the array that the key names, so that the result cannot depend on what it leaves out.
    sat::SimulationSettings needed = settings_;
    needed.hardware.array.max_m = max_m;
    return known_.emplace(std::move(key), sat::simulate(task, needed, {}, costs_, estimates_[any_dataflow]))
        .first->second;
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
