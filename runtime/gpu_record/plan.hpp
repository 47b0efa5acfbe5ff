// A step's tasks as work for a GPU. The phases of a strided input gradient are one library call, whose time
// they share by their multiply-accumulates; what a library does anyway costs nothing by itself.
#pragma once

#include <vector>

#include "runtime/gpu_record/work.hpp"

namespace satsim::gpu {

struct PlannedTask {
    std::size_t work = 0;  // index into WorkPlan::works
    double share = 1;      // of its time; 0: free
    std::string note;      // why it is free, or of what it is a share
};

struct WorkPlan {
    std::vector<Work> works;         // all different
    std::vector<PlannedTask> tasks;  // one a task, in order
};

[[nodiscard]] WorkPlan plan_work(const std::vector<Task>& tasks);

}  // namespace satsim::gpu
