// STCE without time; contract.md §5 "Operands" and "Order of additions".
#pragma once

#include "runtime/functional/on_chip_state.hpp"
#include "runtime/functional/operation.hpp"

namespace satsim::functional {

// One GEMM operation, drain included (OS with LAST; WS). All array rows are computed, whatever they hold.
// Throws InputError naming engine and instruction for parameters out of range, for an index that is not below
// m beside a value other than ±0, and for an OS operation that continues (no FIRST) where no chain of the
// same sr and sc is open.
void execute_stce(const Operation& op, OnChipState& state);

}  // namespace satsim::functional
