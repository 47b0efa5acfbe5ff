// How the STCE reads its operands: west and north buffers into the blocks that the inner loop works on.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/functional/on_chip_state.hpp"
#include "runtime/functional/operation.hpp"

namespace satsim::functional {

// West element k (= g*m + e) of lane l is state.west[lane[l] + step(k)].
struct WestLanes {
    std::vector<std::int64_t> lane;
    std::int64_t element_step = 1;  // per k
    std::int64_t group_step = 0;    // per k div m
};

// Lane s*R + r is (row slot s, array row r).
[[nodiscard]] WestLanes os_lanes(const Operation& op, const OnChipState& state);
// Lane p is position p.
[[nodiscard]] WestLanes ws_lanes(const Operation& op, const OnChipState& state);

// Per column of the array (WS): whether any of its values is other than ±0.
[[nodiscard]] std::vector<bool> columns_with_values(const Operation& op, const OnChipState& state);

// sums[x*pitch + lane] += west * value over all pairs of column x (0..sc*C-1) in the contract's order.
// Throws InputError for an index that is not below m beside a value other than ±0.
// pitch: a multiple of kLaneBlock, at least the number of lanes.
void accumulate(const Operation& op, const OnChipState& state, const WestLanes& lanes, float* sums,
                std::int64_t pitch);

}  // namespace satsim::functional
