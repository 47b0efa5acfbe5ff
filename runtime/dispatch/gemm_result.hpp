// What a GEMM task's result says whatever runs it.
#pragma once

#include "runtime/dispatch/target.hpp"

namespace satsim {

// Names, shape, pattern and dense MACs of `task`; how it ran, and what that cost, are the target's to add.
[[nodiscard]] TaskResult result_of(const GemmTask& task);

}  // namespace satsim
