// How the reduction dimension of a task is cut into the pieces that one STCE operation works on.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/schedule/tensor_layout.hpp"

namespace satsim::schedule {

// FF, BP: consecutive K groups of one tap. One LOAD and one STCE operation.
struct Segment {
    int tap = 0;             // index into Gather::taps
    std::int64_t group = 0;  // first group within the tap
    std::int64_t groups = 0;
    std::int64_t bytes = 0;   // of A, per position (the last group of a tap may be ragged)
    std::int64_t lines = 0;   // west buffer lines per row slot
    std::int64_t offset = 0;  // first line within its chunk
    std::int64_t b_row = 0;   // first row of B
    [[nodiscard]] std::int64_t b_rows(const NmPattern& nm) const { return groups * nm.n; }
    bool operator==(const Segment&) const = default;
};

// Segments that share one half of the west buffer and one token.
struct Chunk {
    std::vector<Segment> segments;
    std::int64_t lines = 0;   // of each row's west buffer
    std::int64_t b_rows = 0;  // rows of B
};

// Cuts K so that every chunk takes at most `lines` lines of a row's west buffer with `row_slots` slots, and
// at most `b_rows` rows of B. Empty when even one group does not fit.
[[nodiscard]] std::vector<Chunk> cut_reduction(const GemmTask& task, const GemmLayout& layout, int row_slots,
                                               std::int64_t lines, std::int64_t b_rows,
                                               std::int64_t line_bytes);

// `count` chunks from `first` on that differ only in where they begin: a loop of the program.
struct ChunkRun {
    std::size_t first = 0;
    std::int64_t count = 1;
    std::int64_t groups = 0;  // of the tap, from one to the next
    std::int64_t b_rows = 0;
};

// All chunks in order. The first and the last, which begin and end sums, are runs of their own.
[[nodiscard]] std::vector<ChunkRun> chunk_runs(const std::vector<Chunk>& chunks);

// WU: a run of channels of one tap inside a tile of rows of dW.
struct RowRun {
    int tap = 0;
    std::int64_t channel = 0;   // first channel
    std::int64_t channels = 0;  // valid ones
    std::int64_t word = 0;      // first 4-element word within the tile
    [[nodiscard]] std::int64_t words() const { return ceil_div<std::int64_t>(channels, 4); }
};

// WU: rows of dW that one tile computes; rows are counted in words of 4 (row p of the tile is element p mod 4
// of word p/4).
struct RowTile {
    std::vector<RowRun> runs;
    [[nodiscard]] std::int64_t words() const { return runs.back().word + runs.back().words(); }
    [[nodiscard]] std::int64_t rows() const { return words() * 4; }
    // sr of its operations.
    [[nodiscard]] int row_slots(int array_rows) const {
        return static_cast<int>(ceil_div<std::int64_t>(rows(), array_rows));
    }
};

// Tiles of at most `tile_words` words; neighbouring taps share a tile. A run of channels that does not fit
// into the room that is left begins a new tile, which reads whole runs, or is cut (`fill`), which leaves no
// row of the array idle.
[[nodiscard]] std::vector<RowTile> cut_rows(const GemmTask& task, std::int64_t tile_words, bool fill);

}  // namespace satsim::schedule
