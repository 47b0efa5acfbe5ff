#include "runtime/dispatch/target.hpp"

namespace satsim {
namespace {

void multiply(TaskResult& result, std::int64_t times) {
    result.times = times;
    result.seconds *= static_cast<double>(times);
    result.energy_j *= static_cast<double>(times);
    result.cycles *= times;
    result.macs_issued *= times;
    result.dense_macs *= times;
    result.dram_bytes *= times;
    result.compulsory_bytes *= times;
    result.compulsory_cycles *= times;
    result.input_bytes *= times;
    change_apart(result, [times](TaskResult& apart) { multiply(apart, times); });
}

}  // namespace

void change_apart(TaskResult& result, const std::function<void(TaskResult&)>& change) {
    if (result.apart == nullptr) return;
    TaskResult apart = *result.apart;
    change(apart);
    result.apart = std::make_shared<const TaskResult>(std::move(apart));
}

std::vector<TaskResult> run_counted(Target& target, const std::vector<Task>& tasks,
                                    const std::function<void(std::size_t, std::size_t)>& progress) {
    std::vector<TaskResult> results = target.run(tasks, progress);
    for (std::size_t i = 0; i < results.size(); ++i) multiply(results[i], times_of(tasks[i]));
    return results;
}

}  // namespace satsim
