// What of an operation's addresses its timing depends on: two operations of the same instruction with the
// same phase are cut into the same pieces, lines and bursts.
#pragma once

#include <cstdint>

#include "runtime/isa/program.hpp"
#include "sim/cycle/load_operation.hpp"
#include "sim/cycle/store_operation.hpp"

namespace satsim::fast {

// The operations begin at their seek_to. The first address modulo a full burst, and the place in the grid
// unless the walk is the same everywhere: no padding, and rows and images that follow each other evenly.
[[nodiscard]] std::uint64_t address_phase(const cycle::LoadOperation& op, const isa::ArrayConfig& config);
[[nodiscard]] std::uint64_t address_phase(const cycle::StoreOperation& op, const isa::ArrayConfig& config);

}  // namespace satsim::fast
