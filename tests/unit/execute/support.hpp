// Small networks that are executed, and distances between what executions leave.
#pragma once

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "runtime/execute/host_engine.hpp"
#include "runtime/execute/sat_engine.hpp"
#include "runtime/execute/step.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim::execute::test {

inline const std::string kModels = std::string(SATSIM_SOURCE_DIR) + "/models";

// A network of these layers that reads maps of channels x height x width.
inline Network network_of(const nlohmann::json& layers, const TensorShape& input, std::int64_t batch = 2) {
    return parse_network(
        {{"name", "n"},
         {"source", "s"},
         {"batch", batch},
         {"input", {{"channels", input.channels}, {"height", input.height}, {"width", input.width}}},
         {"layers", layers}},
        "n");
}

// An array of 8x8 with one memory channel: small enough for real data.
inline schedule::MachineView small_machine() {
    isa::ArrayConfig array;
    array.rows = array.columns = 8;
    array.channels = 1;
    array.vmem_lines = 1024;
    return {array, {}};
}

// sqrt(sum (a - b)^2 / sum b^2); 0 where both are nothing.
inline double distance(const Values& a, const Values& b) {
    if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
    double difference = 0;
    double size = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!std::isfinite(a[i]) || !std::isfinite(b[i])) return std::numeric_limits<double>::infinity();
        difference += (a[i] - b[i]) * (a[i] - b[i]);
        size += b[i] * b[i];
    }
    return difference == 0 ? 0 : std::sqrt(difference / size);
}

// All tensors of an outcome, in one list.
inline std::vector<NamedValues> all_of(const StepOutcome& outcome) {
    std::vector<NamedValues> all;
    const auto add = [&](const char* what, const std::vector<NamedValues>& list) {
        for (const NamedValues& each : list) all.push_back({std::string(what) + each.name, each.values});
    };
    add("output ", outcome.outputs);
    add("gradient ", outcome.gradients);
    add("master ", outcome.masters);
    return all;
}

// Every task on a random one of the engines that can run it.
inline std::vector<int> random_placement(const TrainingStep& step, const std::vector<Engine*>& engines,
                                         unsigned seed) {
    std::mt19937 rng(seed);
    std::vector<int> placement;
    for (const Task& task : step.tasks) {
        int choice = 0;
        do choice = std::uniform_int_distribution<int>(0, static_cast<int>(engines.size()) - 1)(rng);
        while (!engines[static_cast<std::size_t>(choice)]->can_run(task));
        placement.push_back(choice);
    }
    return placement;
}

// Every task on engine 0, or, where that cannot run it, on engine 1.
inline std::vector<int> first_placement(const TrainingStep& step, const std::vector<Engine*>& engines) {
    std::vector<int> placement;
    for (const Task& task : step.tasks) placement.push_back(engines[0]->can_run(task) ? 0 : 1);
    return placement;
}

}  // namespace satsim::execute::test
