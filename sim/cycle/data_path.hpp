// The data of a run: every operation executed on real memories by the functional operations of
// runtime/functional.
#pragma once

#include "runtime/functional/memory_image.hpp"
#include "runtime/functional/on_chip_state.hpp"
#include "runtime/functional/operation.hpp"
#include "runtime/functional/vector_unit.hpp"

namespace satsim::cycle {

class DataPath {
  public:
    // Places the program in `dram`. On-chip memories are zero.
    DataPath(const isa::Program& program, MemoryImage& dram, functional::VectorUnit* vector);

    // Throws InputError for parameters out of range, and for VEC without a vector unit.
    void execute(const functional::Operation& op);

    [[nodiscard]] bool nonfinite() const { return state_.nonfinite; }

  private:
    functional::OnChipState state_;
    MemoryImage& dram_;
    functional::VectorUnit* vector_;
};

}  // namespace satsim::cycle
