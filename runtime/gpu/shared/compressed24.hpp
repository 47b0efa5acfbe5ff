// The sparse operand of `mma.sp`: a 2:4 matrix, half of its values and two bits of position with each.
//
// A matrix of `rows` x K, sparse along K. K is `taps` runs of `channels` elements, each run padded to whole
// chunks of 32.
//   values    FP16 [row][chunk][16]: of every four elements two, ascending
//   metadata  32-bit words [row block of 32][chunk][lane]: what lane `lane` of a warp hands to two
//             m16n8k32 instructions. Lane 4*g + t: t = 0, 1 serve rows 0..15 of the block (selector 0),
//             t = 2, 3 rows 16..31 (selector 1); t odd: the second half of the chunk. Bits 0..15: row g,
//             bits 16..31: row g + 8 (of the 16); four bits a group of four, the lower element's position
//             first.
// Rows are padded to whole blocks. Padding is value +0 at positions 0 and 1.
// PTX ISA, "Matrix fragments for sparse mma.m16n8k32 with .f16"; CUTLASS orders metadata the same way for it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/gpu/shared/host_device.hpp"
#include "runtime/gpu/shared/selection.hpp"

namespace satsim::gpu {

inline constexpr int kChunk = 32;        // elements of K
inline constexpr int kChunkValues = 16;  // of them stored
inline constexpr int kRowBlock = 32;
inline constexpr int kPiece = 16;       // elements of K whose positions share a half word
inline constexpr int kPieceValues = 8;  // of them stored: 16 bytes

struct Compressed24Shape {
    std::int64_t rows = 0;
    std::int64_t taps = 1;
    std::int64_t channels = 0;

    [[nodiscard]] SATSIM_HD std::int64_t row_blocks() const { return (rows + kRowBlock - 1) / kRowBlock; }
    [[nodiscard]] SATSIM_HD std::int64_t tap_chunks() const { return (channels + kChunk - 1) / kChunk; }
    [[nodiscard]] SATSIM_HD std::int64_t chunks() const { return taps * tap_chunks(); }
    [[nodiscard]] SATSIM_HD std::int64_t value_count() const {
        return row_blocks() * kRowBlock * chunks() * kChunkValues;
    }
    [[nodiscard]] SATSIM_HD std::int64_t word_count() const { return row_blocks() * chunks() * 32; }

    // First stored value of a piece (half 0 or 1 of a chunk).
    [[nodiscard]] SATSIM_HD std::int64_t value_at(std::int64_t row, std::int64_t chunk, int half) const {
        return (row * chunks() + chunk) * kChunkValues + half * kPieceValues;
    }
    // Half word (of 16 bits) that holds a piece's positions.
    [[nodiscard]] SATSIM_HD std::int64_t positions_at(std::int64_t row, std::int64_t chunk, int half) const {
        const auto in_block = static_cast<int>(row % kRowBlock);
        const int lane = in_block % 8 * 4 + in_block / 16 * 2 + half;
        const std::int64_t word = ((row / kRowBlock) * chunks() + chunk) * 32 + lane;
        return word * 2 + in_block / 8 % 2;
    }
};

struct alignas(16) EightValues {
    std::uint16_t v[kPieceValues];
};
// What a piece of 16 elements becomes.
struct Piece {
    EightValues values;
    std::uint16_t positions;
};

// Two positions of four for what was kept of it (at most two bits): ascending and different, as the hardware
// asks. A slot without an element takes a position beside it and the value +0.
SATSIM_HD inline void two_of_four(std::uint32_t kept, int& first, int& second) {
    first = (kept & 1U) != 0 ? 0 : (kept & 2U) != 0 ? 1 : (kept & 4U) != 0 ? 2 : 3;
    if (kept == 0) {
        first = 0;
        second = 1;
        return;
    }
    const std::uint32_t rest = kept & ~(1U << first);
    second = (rest & 8U) != 0 ? 3 : (rest & 4U) != 0 ? 2 : (rest & 2U) != 0 ? 1 : 3;
    if (first == 3) {  // alone at the end
        first = 2;
        second = 3;
    }
}

// Prunes 16 elements, of which the first `size` exist, by N of M (N <= 2, or 1:2) and compresses them.
template <int M>
SATSIM_HD inline Piece compress_piece(const std::uint16_t* elements, int size, int n) {
    std::uint32_t kept = 0;
    SATSIM_UNROLL
    for (int group = 0; group < kPiece; group += M) {
        const int left = size - group;
        if (left <= 0) continue;
        kept |= keep_mask<M>(elements + group, left < M ? left : M, n) << group;
    }
    Piece piece;
    piece.positions = 0;
    SATSIM_UNROLL
    for (int quad = 0; quad < kPiece / 4; ++quad) {
        const std::uint32_t bits = kept >> (quad * 4) & 15U;
        int first = 0;
        int second = 1;
        two_of_four(bits, first, second);
        std::uint16_t low = 0;
        std::uint16_t high = 0;
        SATSIM_UNROLL
        for (int e = 0; e < 4; ++e) {
            const std::uint16_t value = (bits >> e & 1U) != 0 ? elements[quad * 4 + e] : std::uint16_t{0};
            if (e == first) low = value;
            if (e == second) high = value;
        }
        piece.values.v[quad * 2] = low;
        piece.values.v[quad * 2 + 1] = high;
        piece.positions = static_cast<std::uint16_t>(
            piece.positions | static_cast<unsigned>(first | second << 2) << (quad * 4));
    }
    return piece;
}

}  // namespace satsim::gpu
