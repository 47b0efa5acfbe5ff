// The own 2:4 kernel's tiling: C[position][row] = sum_k map(position, k) * W[row][k], W a compressed 2:4
// matrix.
//
// A block takes Rows rows of W (operand A of mma.sp) and Positions positions (operand B), and walks K two
// chunks (64 elements) at a time through Stages buffers in shared memory. Warps stand Rows/64 by
// Positions/WarpPositions; each holds 64 x WarpPositions sums. Here is who copies what to where and who reads
// what from where; the kernel adds cp.async, ldmatrix and mma.sp, the tests an emulation of them.
//
// Shared memory is read in rows of 8 units of 16 bytes by ldmatrix, so units are exchanged (`^`) such that
// the eight rows of a matrix lie in different banks.
#pragma once

#include "runtime/gpu/shared/arithmetic.hpp"
#include "runtime/gpu/shared/compressed24.hpp"
#include "runtime/gpu/shared/fragments.hpp"
#include "runtime/gpu/shared/gather.hpp"

namespace satsim::gpu {

struct SparseGemmArguments {
    const std::uint16_t* map = nullptr;
    const std::uint16_t* values = nullptr;  // compressed W
    const std::uint32_t* metadata = nullptr;
    std::uint16_t* result = nullptr;  // FP16, `shape.rows` channels a position
    Compressed24Shape shape;
    GatherView view;
    const std::uint16_t* bias = nullptr;  // FP16, [shape.rows], added to the sums before they are rounded
};
// Of an output channel; 0 beyond the last. Only where there is a bias.
[[nodiscard]] SATSIM_HD inline float bias_of(const SparseGemmArguments& a, std::int64_t row) {
    return row < a.shape.rows ? from_half(a.bias[row]) : 0.0F;
}

template <int Rows, int Positions, int WarpPositions, int Stages>
struct SparseTile {
    static constexpr int kRows = Rows;
    static constexpr int kPositions = Positions;
    static constexpr int kStages = Stages;
    static constexpr int kWarpRows = 64;
    static constexpr int kWarpPositions = WarpPositions;
    static constexpr int kWarpsDown = Rows / kWarpRows;
    static constexpr int kThreads = kWarpsDown * (Positions / WarpPositions) * 32;
    static constexpr int kStepChunks = 2;
    static constexpr int kRowTiles = kWarpRows / 16;          // m16 instructions of a warp
    static constexpr int kPositionTiles = WarpPositions / 8;  // n8

    static constexpr int kValueUnits = Rows * 4;
    static constexpr int kMapUnits = Positions * 8;
    static constexpr int kMetadataUnits = Rows / kRowBlock * kStepChunks * 8;
    static constexpr int kMapBegin = kValueUnits;  // in units from the start of a stage
    static constexpr int kMetadataBegin = kValueUnits + kMapUnits;
    static constexpr int kStageUnits = kValueUnits + kMapUnits + kMetadataUnits;
    static constexpr int kResultPitch = Rows + 8;  // FP16
    static constexpr int kStageBytes = kStages * kStageUnits * 16;
    static constexpr int kResultBytes = Positions * kResultPitch * 2;
    static constexpr int kSharedBytes = kStageBytes > kResultBytes ? kStageBytes : kResultBytes;
    static constexpr int kMapRowsOfThread = kMapUnits / kThreads;
    static_assert(kMapUnits % kThreads == 0 && kThreads % 8 == 0);

    // Steps of K of one call.
    [[nodiscard]] static SATSIM_HD int steps(const SparseGemmArguments& a) {
        const std::int64_t chunks = a.view.taps() * a.shape.tap_chunks();
        return static_cast<int>((chunks + kStepChunks - 1) / kStepChunks);
    }

    // One copy of 16 bytes into unit `to` of the stage. Not `any`: zeros; `from` is a legal address even
    // then, so that no thread branches.
    struct Copy {
        int to = 0;
        bool any = false;
        const void* from = nullptr;
    };

    // The chunks of a step are walked one column of chunks at a time, without a division.
    struct ChunkCursor {
        int tap_y = 0;  // taps_y: past the last chunk
        int tap_x = 0;
        int in_tap = 0;
    };
    static SATSIM_HD void advance(const SparseGemmArguments& a, ChunkCursor& at, int chunks) {
        const auto per_tap = static_cast<int>(a.shape.tap_chunks());
        at.in_tap += chunks;
        while (at.in_tap >= per_tap && at.tap_y < a.view.taps_y) {
            at.in_tap -= per_tap;
            if (++at.tap_x == a.view.taps_x) {
                at.tap_x = 0;
                ++at.tap_y;
            }
        }
    }
    // Where chunk column c (below kStepChunks) of the first step lies; `advance` by kStepChunks for the next.
    [[nodiscard]] static SATSIM_HD ChunkCursor first_chunk(const SparseGemmArguments& a, int c) {
        ChunkCursor at;
        advance(a, at, c);
        return at;
    }
    struct ChunkPlace {
        bool inside = false;
        int channel = 0;                // the chunk's first
        GatherTap tap;                  // at that channel
        std::int64_t weight_chunk = 0;  // of a row of W
    };
    [[nodiscard]] static SATSIM_HD ChunkPlace place_of(const SparseGemmArguments& a, const ChunkCursor& at) {
        ChunkPlace place;
        place.inside = at.tap_y < a.view.taps_y;
        place.channel = at.in_tap * kChunk;
        place.tap = gather_tap(a.view, at.tap_y, at.tap_x, place.channel);
        const int weight_tap = a.view.first_weight_tap + at.tap_y * a.view.weight_tap_step_y +
                               at.tap_x * a.view.weight_tap_step_x;
        place.weight_chunk = weight_tap * a.shape.tap_chunks() + at.in_tap;
        return place;
    }

    // One of two by value: an indexed array would lie in memory.
    [[nodiscard]] static SATSIM_HD ChunkPlace choose(int c, const ChunkPlace& zero, const ChunkPlace& one) {
        static_assert(kStepChunks == 2);
        return {c == 0 ? zero.inside : one.inside,
                c == 0 ? zero.channel : one.channel,
                {c == 0 ? zero.tap.dy : one.tap.dy, c == 0 ? zero.tap.dx : one.tap.dx,
                 c == 0 ? zero.tap.units : one.tap.units},
                c == 0 ? zero.weight_chunk : one.weight_chunk};
    }

    // Units of W's values: thread copies units thread, thread + kThreads ... below kValueUnits, of chunk
    // column value_chunk(unit).
    [[nodiscard]] static SATSIM_HD int value_chunk(int unit) { return unit % 4 / 2; }
    [[nodiscard]] static SATSIM_HD Copy copy_values(const SparseGemmArguments& a, std::int64_t first_row,
                                                    int unit, const ChunkPlace& place) {
        const int row = unit / 4;
        const int column = unit % 4;
        const std::int64_t global = first_row + row;
        const bool any = place.inside & (global < a.shape.row_blocks() * kRowBlock);
        const std::int64_t at = a.shape.value_at(global, place.weight_chunk, column % 2);
        return {row * 4 + (column ^ (row / 2 & 3)), any, a.values + (any ? at : 0)};
    }
    // Units of metadata, below kMetadataUnits, of chunk column metadata_chunk(unit). Positions must be legal
    // even where values are zero, so what lies outside takes those of the first block and chunk.
    [[nodiscard]] static SATSIM_HD int metadata_chunk(int unit) { return unit / 8 % kStepChunks; }
    [[nodiscard]] static SATSIM_HD Copy copy_metadata(const SparseGemmArguments& a, std::int64_t first_row,
                                                      int unit, const ChunkPlace& place) {
        const std::int64_t row_block = first_row / kRowBlock + unit / (kStepChunks * 8);
        const bool inside = place.inside & (row_block < a.shape.row_blocks());
        const std::int64_t word = (row_block * a.shape.chunks() + place.weight_chunk) * 32;
        return {kMetadataBegin + unit, true, a.metadata + (inside ? word : 0) + unit % 8 * 4};
    }
    // Units of the map: a thread keeps its column, of chunk column map_chunk(thread), and takes positions
    // map_row(thread, 0 .. kMapRowsOfThread-1).
    [[nodiscard]] static SATSIM_HD int map_row(int thread, int i) { return thread / 8 + i * (kThreads / 8); }
    [[nodiscard]] static SATSIM_HD int map_chunk(int thread) { return thread % 8 / 4; }
    [[nodiscard]] static SATSIM_HD Copy copy_map(const SparseGemmArguments& a, const GatherRow& row,
                                                 int thread, int i, const ChunkPlace& place) {
        const int column = thread % 8;
        const int in_tile = map_row(thread, i);
        const int in_chunk = column % 4;
        const std::int32_t unit = gather_unit(a.view, row, place.tap);
        const bool any = place.inside & (place.channel + in_chunk * kUnit < a.view.channels) & (unit >= 0);
        return {kMapBegin + in_tile * 8 + (column ^ (in_tile & 7)), any,
                a.map + std::int64_t{any ? unit + in_chunk : 0} * kUnit};
    }

    // What `lane` reads for the instruction of row tile i, position tile j, chunk c of the step: units and,
    // for metadata, the word.
    [[nodiscard]] static SATSIM_HD int value_unit(int warp, int lane, int i, int c) {
        const Element at = a_address(lane);
        const int row = warp % kWarpsDown * kWarpRows + i * 16 + at.row;
        const int column = c * 2 + at.column / kUnit;
        return row * 4 + (column ^ (row / 2 & 3));
    }
    [[nodiscard]] static SATSIM_HD int map_unit(int warp, int lane, int j, int c) {
        const Element at = b_address(lane);
        const int position = warp / kWarpsDown * kWarpPositions + j * 8 + at.row;
        const int column = c * 4 + at.column / kUnit;
        return kMapBegin + position * 8 + (column ^ (position & 7));
    }
    // Serves row tiles 2*pair (selector 0) and 2*pair + 1 (selector 1). In 32-bit words.
    [[nodiscard]] static SATSIM_HD int metadata_word(int warp, int lane, int pair, int c) {
        const int block = warp % kWarpsDown * (kWarpRows / kRowBlock) + pair;
        return kMetadataBegin * 4 + (block * kStepChunks + c) * 32 + lane;
    }
    // Row of the tile that sum number e of row tile i belongs to; sums 0 and 1, and 2 and 3, share one.
    [[nodiscard]] static SATSIM_HD int result_row(int warp, int lane, int i, int e) {
        return warp % kWarpsDown * kWarpRows + i * 16 + c_element(lane, e).row;
    }
    // Where sum number e of row tile i, position tile j goes in the result tile, in FP16.
    [[nodiscard]] static SATSIM_HD int result_at(int warp, int lane, int i, int j, int e) {
        const int position = warp / kWarpsDown * kWarpPositions + j * 8 + c_element(lane, e).column;
        return position * kResultPitch + result_row(warp, lane, i, e);
    }

    // Writes the result tile to memory, 8 channels at a time.
    static SATSIM_HD void write_result(const SparseGemmArguments& a, std::int64_t first_row,
                                       std::int64_t first_position, int thread, const std::uint16_t* tile) {
        struct alignas(16) Unit {
            std::uint16_t v[kUnit];
        };
        for (int unit = thread; unit < Positions * (Rows / kUnit); unit += kThreads) {
            const int in_tile = unit / (Rows / kUnit);
            const int row = unit % (Rows / kUnit) * kUnit;
            const std::int64_t position = first_position + in_tile;
            const std::int64_t channel = first_row + row;
            if (position >= a.view.positions() || channel >= a.shape.rows) continue;
            std::uint16_t* to = a.result + scatter_row(a.view, position) * a.shape.rows + channel;
            const std::uint16_t* from = tile + in_tile * kResultPitch + row;
            if (a.shape.rows % kUnit == 0) {
                store_16_bytes(to, load_16_bytes<Unit>(from));
            } else {
                for (int e = 0; e < kUnit && channel + e < a.shape.rows; ++e) to[e] = from[e];
            }
        }
    }
};

using LargeSparseTile = SparseTile<128, 256, 64, 3>;   // 8 warps, 123 KB
using MediumSparseTile = SparseTile<128, 128, 32, 3>;  // 8 warps, 75 KB
using SmallSparseTile = SparseTile<64, 64, 32, 4>;     // 2 warps, 50 KB

}  // namespace satsim::gpu
