// STORE without time; contract.md §7.
#pragma once

#include "runtime/functional/memory_image.hpp"
#include "runtime/functional/on_chip_state.hpp"
#include "runtime/functional/operation.hpp"

namespace satsim::functional {

// Copies all positions of `op` from their source to `dram`. Only the saved position of `state` changes.
// Throws InputError naming engine and instruction for parameters out of range; `dram` is then unchanged.
void execute_store(const Operation& op, OnChipState& state, MemoryImage& dram);

}  // namespace satsim::functional
