// The fast model of SAT's vector tasks: tensors stream through the vector memory once, and the memory bus
// sets the pace.
//
// Assumptions of the fast fidelity (`cycle` simulates the program instead): the vector unit keeps up with one
// line a cycle, halves of the vector memory are filled and emptied in turn (two bus turnarounds each), row
// misses hide behind earlier bursts.
#pragma once

#include "runtime/hardware/hardware.hpp"
#include "runtime/trace/execution.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::sat {

[[nodiscard]] Execution model_vector(const VectorTask& task, const Hardware& hardware);

}  // namespace satsim::sat
