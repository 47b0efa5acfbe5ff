// Output-stationary programs of FF and BP tasks.
#pragma once

#include "runtime/schedule/index_panels.hpp"
#include "runtime/schedule/reduction.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "runtime/schedule/strip.hpp"

namespace satsim::schedule {

// Sizes that emitter and predictor derive from a schedule in the same way.
struct OsPlan {
    GemmLayout layout;
    std::vector<Chunk> chunks;  // of a tile's K; one where there are strips
    Strip strip;
    Chunk gathered;        // of a strip: its segments are those of the strip's gather
    int north_halves = 1;  // panels (or chunks when streamed) of B that fit
    std::int64_t west_half_lines = 0;
    std::int64_t north_half_words = 0;
    std::int64_t index_half_words = 0;
    std::int64_t result_tile = 0;   // result addresses of one tile
    std::uint8_t result_tiles = 2;  // that follow each other
    IndexPanels index_panels;
    [[nodiscard]] bool valid() const { return !chunks.empty(); }
    // What LOAD fetches where STCE works on `chunk`.
    [[nodiscard]] const Chunk& fetched(const Chunk& chunk) const { return strip.rows > 1 ? gathered : chunk; }
    // Lines of the west buffer at which a row of C begins to read.
    [[nodiscard]] std::int64_t first_line(int row) const {
        return strip.rows == 1 ? 0 : gathered.segments[static_cast<std::size_t>(strip.first_tap(row))].offset;
    }
};

// Not valid() when the schedule does not fit the buffers.
[[nodiscard]] OsPlan plan_os(const GemmTask& task, const GemmSchedule& schedule,
                             const isa::ArrayConfig& array);

[[nodiscard]] isa::Program emit_gemm_os(const GemmTask& task, const GemmSchedule& schedule,
                                        const MachineView& machine);

}  // namespace satsim::schedule
