#include "runtime/dispatch/host_target.hpp"

#include <algorithm>

namespace satsim {

Bytes bytes_read(const VectorTask& task) {
    return task.elements * (2 * task.reads_fp16 + 4 * task.reads_fp32) + task.extra_bytes;
}

Bytes bytes_written(const VectorTask& task) {
    return task.elements * (2 * task.writes_fp16 + 4 * task.writes_fp32);
}

std::vector<TaskResult> HostTarget::run(const std::vector<Task>& tasks,
                                        const std::function<void(std::size_t, std::size_t)>& progress) {
    std::vector<TaskResult> results;
    for (const Task& task : tasks) {
        const auto& vector = std::get<VectorTask>(task);
        TaskResult result;
        result.layer = vector.layer;
        result.stage = to_string(vector.stage);
        result.kind = "host";
        result.tile = name_of_work(vector);
        const auto bytes = static_cast<double>(bytes_read(vector) + bytes_written(vector));
        const auto flops = static_cast<double>(vector.elements) * vector.flops_per_element;
        result.seconds = std::max(bytes / hardware_.host.memory_bandwidth.value,
                                  flops / hardware_.host.arithmetic_rate.value);
        result.bound = Bound::Host;
        result.provenance = Provenance::Modelled;
        results.push_back(std::move(result));
        if (progress) progress(results.size(), tasks.size());
    }
    return results;
}

}  // namespace satsim
