// How much of the result buffer an output-stationary program uses.
#pragma once

#include <cstdint>

#include "runtime/schedule/gemm_schedule.hpp"

namespace satsim::schedule {

// How many tiles of results follow each other around the result buffer: so many that the way of a tile to its
// release (drain, skew of the array, STORE's address set-up and pieces) delays no later tile, and one more
// for what comes between; more would only let STCE run ahead. A tile takes `addresses`, and `steps` steps of
// K in the format `nm`.
[[nodiscard]] std::uint8_t result_tiles(const GemmTask& task, const GemmSchedule& schedule,
                                        const NmPattern& nm, std::int64_t steps, std::int64_t addresses,
                                        const isa::ArrayConfig& array);

}  // namespace satsim::schedule
