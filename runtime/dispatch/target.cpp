#include "runtime/dispatch/target.hpp"

namespace satsim {

std::vector<TaskResult> run_counted(Target& target, const std::vector<Task>& tasks,
                                    const std::function<void(std::size_t, std::size_t)>& progress) {
    std::vector<TaskResult> results = target.run(tasks, progress);
    for (std::size_t i = 0; i < results.size(); ++i) {
        const std::int64_t times = times_of(tasks[i]);
        TaskResult& result = results[i];
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
    }
    return results;
}

}  // namespace satsim
