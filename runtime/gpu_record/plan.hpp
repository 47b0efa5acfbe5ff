// A step's tasks as work for a GPU. The phases of a strided input gradient are one library call, whose time
// they share by their multiply-accumulates; what a library does anyway costs nothing by itself.
#pragma once

#include <vector>

#include "runtime/gpu_model/fusions.hpp"
#include "runtime/gpu_record/work.hpp"

namespace satsim::gpu {

struct PlannedTask {
    std::size_t work = 0;  // index into WorkPlan::works
    double share = 1;      // of its time; 0: free
    std::string note;      // why it is free, or of what it is a share
};

// Works that take the place of several tasks (gpu_model/fusions.hpp).
struct PlannedFusion {
    Fusion fusion;
    std::vector<std::size_t> works;  // one a part
};

struct WorkPlan {
    std::vector<Work> works;             // all different
    std::vector<PlannedTask> tasks;      // one a task, in order
    std::vector<PlannedFusion> fusions;  // whose works stand in the place of their tasks'

    // Drops the fusions of which a work is one that nothing runs.
    void leave_out(const Refusals& refused);
    // How often the step runs each of the works: 0 of those whose tasks are all done by others.
    [[nodiscard]] std::vector<double> runs(const std::vector<Task>& tasks_of_step) const;
};

[[nodiscard]] WorkPlan plan_work(const std::vector<Task>& tasks, Kernels kernels);

}  // namespace satsim::gpu
