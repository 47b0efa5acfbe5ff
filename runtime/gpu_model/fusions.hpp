// What a GPU does in one kernel where a step has several tasks: docs/architecture/gpu.md#what-is-fused. A
// step's tasks are those of SAT's units; libraries of the field write a product with its bias, a norm of rows
// with its statistics, and attention without its scores ever leaving the chip.
#pragma once

#include <string>
#include <vector>

#include "runtime/dispatch/target.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::gpu {

// Of a fused task's time, what a task of the step accounts for.
struct FusedShare {
    std::size_t task = 0;  // index in the step
    double share = 1;
};
// A task that no step has itself (VectorTask::fused, GemmTask::bias).
struct FusedPart {
    Task task;
    std::vector<FusedShare> shares;  // sum to 1
};
struct Fusion {
    std::vector<std::size_t> tasks;  // of the step, ascending; they occur equally often
    // What is done instead: the same results, but that the ReLU of a bias is left out, which costs a
    // comparison more or less.
    std::vector<FusedPart> parts;
    std::string note;  // of tasks without a share: why they cost nothing
};

// All that there are; no task is in two.
[[nodiscard]] std::vector<Fusion> find_fusions(const std::vector<Task>& tasks);

// Puts what `parts` cost (results in the order of the fusion's parts) in the place of its tasks' results,
// which say that one kernel does them (TaskResult::kernel); what they take apart is the caller's to say
// before.
void take(const Fusion& fusion, const std::vector<TaskResult>& parts, std::vector<TaskResult>& results);
// Whether that is faster than the results that are there.
[[nodiscard]] bool is_faster(const Fusion& fusion, const std::vector<TaskResult>& parts,
                             const std::vector<TaskResult>& results);

}  // namespace satsim::gpu
