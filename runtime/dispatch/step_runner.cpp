#include "runtime/dispatch/step_runner.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "runtime/dispatch/host_target.hpp"
#include "runtime/support/error.hpp"

namespace satsim {
namespace {

constexpr const char* kNextBatch = "next batch";

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
    StepComposer(const Hardware& hardware, const TrainingStep& step)
        : hardware_(hardware), tasks_(step.tasks), inputs_(step.input_bytes) {}

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
        if (std::optional<TaskResult> batch = next_batch(all)) all.push_back(*std::move(batch));
        return all;
    }

  private:
    // The next step's inputs arrive while this one runs. What of that takes longer than the step is waited
    // for.
    [[nodiscard]] std::optional<TaskResult> next_batch(const std::vector<TaskResult>& all) const {
        Bytes bytes = inputs_;
        double seconds = 0;
        VectorTask reader;
        std::set<std::string> readers;  // recomputation may run one again
        for (const TaskResult& task : all) {
            seconds += task.seconds;
            if (task.input_bytes == 0 || !readers.insert(task.layer).second) continue;
            bytes += task.input_bytes;
            if (reader.layer.empty()) reader.layer = task.layer;
        }
        if (bytes == 0) return std::nullopt;
        if (reader.layer.empty()) reader.layer = all.front().layer;
        TaskResult result = transfer(reader, bytes, false, hardware_);
        result.part = kNextBatch;
        // The host writes what it sends into the form that its readers ask for.
        const double busy =
            std::max(result.seconds, static_cast<double>(bytes) / hardware_.host.memory_bandwidth.value);
        result.seconds = std::max(0.0, busy - seconds);
        result.hidden_seconds = busy - result.seconds;
        return result;
    }

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
    Bytes inputs_ = 0;
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
            total_up(hardware, step, StepComposer(hardware, step).compose(std::move(in_order))));
    }
    return results;
}

}  // namespace satsim
