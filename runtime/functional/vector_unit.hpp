// What executes VEC's operations (WUVE and SORE); contract.md §6. The functional SAT is handed one.
#pragma once

#include "runtime/functional/on_chip_state.hpp"
#include "runtime/functional/operation.hpp"

namespace satsim::functional {

class VectorUnit {
  public:
    virtual ~VectorUnit() = default;
    // A program begins: forget what an earlier one left in memories of the unit's own.
    virtual void reset() {}
    // Executes one operation of engine VEC on the vector memory of `state`. Throws InputError (see
    // functional::fail) for parameters out of range.
    virtual void execute(const Operation& op, OnChipState& state) = 0;
};

}  // namespace satsim::functional
