// A GEMM's gathered map as the own 2:4 kernel reads it.
#pragma once

#include <optional>

#include "runtime/gpu/shared/gather.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::execute {

// Nothing for taps that are no grid, or a map that is too large for the kernel's offsets. Of a task of FF or
// BP.
[[nodiscard]] std::optional<gpu::GatherView> kernel_view(const GemmTask& task);

}  // namespace satsim::execute
