// A product of plain matrices as a task.
#pragma once

#include <string>

#include "runtime/workload/task.hpp"

namespace satsim {

// C[m,n] = A[m,k] B[k,n], FP16: A is a map of one row, whose pixels are A's rows. m and k must fit into an
// int.
[[nodiscard]] inline GemmTask matrix_task(const std::string& layer, const GemmShape& shape,
                                          const NmPattern& nm = {8, 8}) {
    GemmTask task;
    task.layer = layer;
    task.shape = shape;
    task.nm = nm;
    task.gather.grid_w = task.gather.in_w = static_cast<int>(shape.m);
    task.gather.channels = static_cast<int>(shape.k);
    task.scatter.out_w = static_cast<int>(shape.m);
    return task;
}

}  // namespace satsim
