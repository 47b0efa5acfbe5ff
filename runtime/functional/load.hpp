// LOAD without time; contract.md §4.
#pragma once

#include "runtime/functional/memory_image.hpp"
#include "runtime/functional/on_chip_state.hpp"
#include "runtime/functional/operation.hpp"

namespace satsim::functional {

// Copies all positions of `op` from `dram` to their destination. Throws InputError naming engine and
// instruction for parameters out of range; `state` is then unchanged.
void execute_load(const Operation& op, OnChipState& state, const MemoryImage& dram);

}  // namespace satsim::functional
