// What a simulated task costs, as the runtime counts it.
#pragma once

#include "runtime/dispatch/target.hpp"
#include "runtime/hardware/hardware.hpp"
#include "sim/target/wire.hpp"

namespace satsim::sat {

// Every GEMM, and the vector tasks that SAT has a unit for.
[[nodiscard]] bool has_unit(const Task& task);

[[nodiscard]] TaskResult task_result(const Task& task, const SimulationResult& simulated,
                                     const Hardware& hardware);

}  // namespace satsim::sat
