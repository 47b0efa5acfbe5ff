// Output-stationary programs of tasks that sum over positions: dW = X^T * dY of WU, and the products of
// activations that have its form.
#pragma once

#include "runtime/schedule/reduction.hpp"
#include "runtime/schedule/scheduler.hpp"

namespace satsim::schedule {

// A tile of rows of dW that repeats along the channels of one tap.
struct RowTileGroup {
    RowTile tile;
    std::int64_t repeat = 1;
    std::int64_t channel_step = 0;  // channels from one repetition to the next
};

struct WuPlan {
    GemmLayout layout;
    std::vector<RowTileGroup> tiles;
    std::int64_t chunk_positions = 0;  // K elements between two handshakes; a multiple of M
    std::int64_t position_lines = 0;   // west buffer lines per position
    std::int64_t west_half_lines = 0;
    std::int64_t north_half_words = 0;
    std::int64_t result_tile = 0;
    std::uint8_t result_tiles = 2;
    [[nodiscard]] bool valid() const { return chunk_positions > 0; }
};

// Not valid() when the schedule does not fit the buffers.
[[nodiscard]] WuPlan plan_wu(const GemmTask& task, const GemmSchedule& schedule,
                             const isa::ArrayConfig& array);

[[nodiscard]] isa::Program emit_gemm_wu(const GemmTask& task, const GemmSchedule& schedule,
                                        const MachineView& machine);

}  // namespace satsim::schedule
