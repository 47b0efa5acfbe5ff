// Events of a program, counted from its instructions: what the fast fidelity has instead of a simulation.
#pragma once

#include "runtime/hardware/memory_config.hpp"
#include "runtime/isa/program.hpp"
#include "runtime/trace/execution.hpp"
#include "sim/fast/fast_sat.hpp"

namespace satsim::sat {

// The execution that `prediction` is of: `counters` exactly, from the program alone; lines as many a position
// as predicted for the RUN instruction, or by the scheduler's closed form where it was never met.
[[nodiscard]] Execution count_program(const isa::Program& program, const dram::MemoryConfig& memory,
                                      const fast::Prediction& prediction);

// RUN instructions that the program executes, all engines.
[[nodiscard]] std::int64_t count_operations(const isa::Program& program);

}  // namespace satsim::sat
