// Events of a program, counted from its instructions without any time: what the fast fidelity has instead of
// a simulation.
#pragma once

#include "runtime/hardware/memory_config.hpp"
#include "runtime/isa/program.hpp"
#include "runtime/trace/execution.hpp"

namespace satsim::sat {

// Fills `counters` and `memory` of an execution that takes `cycles`. Array and buffer counters are exact;
// lines follow docs/architecture/fast-model.md, activates assume that rows are read through.
[[nodiscard]] Execution count_program(const isa::Program& program, const dram::MemoryConfig& memory,
                                      Cycles cycles);

// RUN instructions that the program executes, all engines.
[[nodiscard]] std::int64_t count_operations(const isa::Program& program);

}  // namespace satsim::sat
