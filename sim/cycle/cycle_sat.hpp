// The cycle-level model of SAT: runs a program in SystemC and says when everything happened.
//
// It follows docs/architecture/contract.md cycle by cycle but works by events: an engine computes the pieces
// of a burst or the steps of a GEMM in closed form and meets the others only where they share something, at
// the memory and at a WAIT whose tokens are not there yet. SystemC elaborates once in a process; the model
// inside is elaborated with the first run, shared by all CycleSat objects and reset between runs, whatever
// the program's array configuration. Not for use by several threads: fork.
#pragma once

#include <string>

#include "runtime/functional/memory_image.hpp"
#include "runtime/functional/vector_unit.hpp"
#include "runtime/hardware/memory_config.hpp"
#include "runtime/isa/program.hpp"
#include "runtime/support/error.hpp"
#include "runtime/trace/execution.hpp"

namespace satsim::cycle {

struct RunOptions {
    dram::MemoryConfig memory;       // its number of channels is the program's
    bool record_operations = false;  // fill Execution::operations
    Cycles cycle_limit = 0;          // throws CycleLimitError when the program needs more cycles; 0: no limit
    bool skip_periods = true;        // leave out periods that repeat; changes nothing (skipping.md)

    // Real data, optional: the program is placed in this memory and its operations are executed on it (not
    // owned). Operations happen when they are dispatched, in an order that the tokens allow, as in
    // FunctionalSat; the program must order its accesses by tokens. Slow: for tests, not for measuring
    // layers.
    MemoryImage* data = nullptr;
    functional::VectorUnit* vector = nullptr;  // VEC's operations on data
};

// The program waits for itself: all engines that have not halted wait for tokens that nobody will push.
class DeadlockError : public InputError {
  public:
    using InputError::InputError;
};

class CycleLimitError : public InputError {
  public:
    using InputError::InputError;
};

class CycleSat {
  public:
    // Of the last run: cycles that were left out because they repeat.
    [[nodiscard]] static Cycles skipped();

    // Throws InputError for a program that breaks the contract's rules, DeadlockError, CycleLimitError.
    [[nodiscard]] Execution run(const isa::Program& program, const RunOptions& options);
};

}  // namespace satsim::cycle
