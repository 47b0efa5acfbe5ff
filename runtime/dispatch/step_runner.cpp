#include "runtime/dispatch/step_runner.hpp"

#include <algorithm>

#include "runtime/dispatch/host_target.hpp"
#include "runtime/support/error.hpp"

namespace satsim {
namespace {

std::string layer_of(const Task& task) {
    return std::visit([](const auto& t) { return t.layer; }, task);
}

TaskResult transfer(const VectorTask& task, Bytes bytes, bool to_host, const Hardware& hardware) {
    TaskResult result;
    result.layer = task.layer;
    result.part = to_host ? "to host" : "from host";
    result.stage = to_string(task.stage);
    result.kind = "transfer";
    result.times = task.times;
    result.seconds =
        static_cast<double>(task.times) *
        (hardware.host.pcie_latency.value + static_cast<double>(bytes) / hardware.host.pcie_bandwidth.value);
    result.dram_bytes = task.times * bytes;
    result.bound = Bound::Host;
    result.provenance = Provenance::Modelled;
    return result;
}

// Results of one step in order, with the transfers that its host tasks need.
class StepComposer {
  public:
    StepComposer(const Hardware& hardware, const std::vector<Task>& tasks)
        : hardware_(hardware), tasks_(tasks) {}

    std::vector<TaskResult> compose(std::vector<TaskResult> results) {
        std::vector<TaskResult> all;
        for (std::size_t i = 0; i < results.size();) {
            if (results[i].kind != "host") {
                all.push_back(std::move(results[i++]));
                continue;
            }
            const std::size_t end = group_end(results, i);
            Bytes in = 0;
            Bytes out = 0;
            for (std::size_t j = i; j < end; ++j) {
                in = std::max(in, bytes_read(vector(j)));
                out += bytes_written(vector(j));
            }
            if (in > 0) all.push_back(transfer(vector(i), in, true, hardware_));
            for (std::size_t j = i; j < end; ++j) all.push_back(std::move(results[j]));
            if (out > 0) all.push_back(transfer(vector(i), out, false, hardware_));
            i = end;
        }
        return all;
    }

  private:
    [[nodiscard]] const VectorTask& vector(std::size_t i) const { return std::get<VectorTask>(tasks_[i]); }

    [[nodiscard]] static std::size_t group_end(const std::vector<TaskResult>& results, std::size_t first) {
        std::size_t end = first + 1;
        while (end < results.size() && results[end].kind == "host" &&
               results[end].layer == results[first].layer && results[end].stage == results[first].stage &&
               results[end].times == results[first].times)
            ++end;
        return end;
    }

    const Hardware& hardware_;
    const std::vector<Task>& tasks_;
};

}  // namespace

std::vector<StepResult> run_steps(const std::vector<TrainingStep>& steps, const Hardware& hardware,
                                  Target& accelerator, Target& host, const Progress& progress) {
    std::vector<Task> ours;
    std::vector<Task> theirs;
    for (const TrainingStep& step : steps) {
        for (const Task& task : step.tasks) {
            if (accelerator.can_run(task)) {
                ours.push_back(task);
            } else if (host.can_run(task)) {
                theirs.push_back(task);
            } else {
                throw InputError(
                    "layer " + layer_of(task), "",
                    "neither " + accelerator.name() + " nor " + host.name() + " can run this task");
            }
        }
    }
    std::vector<TaskResult> our_results = run_counted(accelerator, ours, progress);
    std::vector<TaskResult> their_results = run_counted(host, theirs, {});
    std::size_t our_next = 0;
    std::size_t their_next = 0;
    std::vector<StepResult> results;
    for (const TrainingStep& step : steps) {
        std::vector<TaskResult> in_order;
        for (const Task& task : step.tasks) {
            in_order.push_back(
                std::move(accelerator.can_run(task) ? our_results[our_next++] : their_results[their_next++]));
        }
        results.push_back(
            total_up(hardware, step, StepComposer(hardware, step.tasks).compose(std::move(in_order))));
    }
    return results;
}

}  // namespace satsim
