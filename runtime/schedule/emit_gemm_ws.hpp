// Weight-stationary programs of FF and BP tasks.
//
// A block of positions stays in the west buffer while the passes over K follow each other: each pass puts R
// groups of K (one a row) and C columns of B into the array and streams the block; partial sums stay in the
// result buffer between passes. N:M panels narrower than a word of 16 indices share the loaded words of their
// rows. The panels of C columns of a tile take turns in every pass: one streams while
// the partial sums of the others still travel down the array, and all of them use the pass's words from the
// west.
#pragma once

#include "runtime/schedule/reduction.hpp"
#include "runtime/schedule/scheduler.hpp"

namespace satsim::schedule {

struct WsPlan {
    GemmLayout layout;
    std::vector<Chunk> passes;        // at most R groups each; Segment::offset counts groups within the pass
    std::int64_t block = 0;           // positions; a multiple of row slots
    std::int64_t position_lines = 0;  // west buffer lines per position
    std::int64_t west_half_lines = 0;
    std::int64_t north_half_words = 0;
    std::int64_t index_half_words = 0;
    std::int64_t panels = 1;  // of C columns in a tile
    [[nodiscard]] bool valid() const { return block > 0 && !passes.empty(); }
};

// Not valid() when the schedule does not fit the buffers, or when one of several tiles of an N:M matrix does
// not begin at a word of indices.
[[nodiscard]] WsPlan plan_ws(const GemmTask& task, const GemmSchedule& schedule,
                             const isa::ArrayConfig& array);

[[nodiscard]] isa::Program emit_gemm_ws(const GemmTask& task, const GemmSchedule& schedule,
                                        const MachineView& machine);

}  // namespace satsim::schedule
