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
#include "runtime/gpu/shared/sixteen_bytes.hpp"

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

// What a piece of 16 elements becomes.
struct Piece {
    EightHalves values;
    std::uint16_t positions;
};

// Two positions of four for what was kept of it (at most two bits), the first in bits 0 and 1, the second in
// bits 2 and 3: ascending and different, as the hardware asks. A slot without an element takes a position
// beside it and the value +0.
constexpr unsigned two_of_four(unsigned kept) {
    constexpr auto lowest = [](unsigned bits) {
        return (bits & 1U) != 0 ? 0U : (bits & 2U) != 0 ? 1U : (bits & 4U) != 0 ? 2U : 3U;
    };
    if (kept == 0) return 0U | 1U << 2;
    const unsigned first = lowest(kept);
    if (first == 3) return 2U | 3U << 2;  // alone at the end
    const unsigned rest = kept & ~(1U << first);
    return first | (rest == 0 ? 3U : lowest(rest)) << 2;
}

// `entry` of all 16 masks of four elements, four bits each: what a mask selects is found by a shift.
template <class Entry>
constexpr std::uint64_t table_of_masks(Entry entry) {
    std::uint64_t table = 0;
    for (unsigned kept = 0; kept < 16; ++kept) table |= std::uint64_t{entry(kept)} << (4 * kept);
    return table;
}
inline constexpr std::uint64_t kPositionsOfMask = table_of_masks(two_of_four);
// Bit 0: the first slot holds an element; bit 1: the second.
inline constexpr std::uint64_t kFilledOfMask = table_of_masks([](unsigned kept) {
    const unsigned positions = two_of_four(kept);
    return (kept >> (positions & 3U) & 1U) | (kept >> (positions >> 2) & 1U) << 1;
});

// Halves number `positions & 3` (low) and `positions >> 2` (high) of four.
SATSIM_HD inline std::uint32_t pick_halves(std::uint32_t low_words, std::uint32_t high_words,
                                           unsigned positions) {
#if defined(__CUDA_ARCH__)
    // A selector of bytes: 2i and 2i+1 of either position.
    const unsigned selector = ((positions & 3U) * 0x22U + 0x10U) | ((positions >> 2) * 0x22U + 0x10U) << 8;
    return __byte_perm(low_words, high_words, selector);
#else
    const std::uint64_t all = low_words | std::uint64_t{high_words} << 32;
    const auto half = [all](unsigned i) { return static_cast<std::uint32_t>(all >> (16 * i) & 0xFFFFU); };
    return half(positions & 3U) | half(positions >> 2) << 16;
#endif
}

// 16 elements as they lie in pairs, the lower one first.
struct PieceWords {
    std::uint32_t v[kPiece / 2];
    [[nodiscard]] SATSIM_HD std::uint16_t element(int e) const {
        return static_cast<std::uint16_t>(v[e / 2] >> (e % 2 * 16));
    }
};

// Prunes 16 elements, of which the first `size` exist, by N of M (N <= 2, or 1:2) and compresses them.
template <int M>
SATSIM_HD inline Piece compress_piece(const PieceWords& from, int size, int n) {
    std::uint16_t elements[kPiece];
    SATSIM_UNROLL
    for (int e = 0; e < kPiece; ++e) elements[e] = from.element(e);
    std::uint32_t kept = 0;
    if (size == kPiece) {
        SATSIM_UNROLL
        for (int group = 0; group < kPiece; group += M) kept |= keep_largest<M>(elements + group, n) << group;
    } else {
        SATSIM_UNROLL
        for (int group = 0; group < kPiece; group += M) {
            const int left = size - group;
            if (left <= 0) continue;
            kept |= keep_mask<M>(elements + group, left < M ? left : M, n) << group;
        }
    }
    std::uint32_t words[kPieceValues / 2];
    std::uint32_t all_positions = 0;
    SATSIM_UNROLL
    for (int quad = 0; quad < kPiece / 4; ++quad) {
        const unsigned mask = kept >> (quad * 4) & 15U;
        const auto positions = static_cast<unsigned>(kPositionsOfMask >> (mask * 4)) & 15U;
        const auto filled = static_cast<unsigned>(kFilledOfMask >> (mask * 4));
        words[quad] = pick_halves(from.v[2 * quad], from.v[2 * quad + 1], positions) &
                      ((filled & 1U) * 0xFFFFU | (filled >> 1 & 1U) * 0xFFFF0000U);
        all_positions |= positions << (quad * 4);
    }
    Piece piece;
    memcpy(&piece.values, words, sizeof words);
    piece.positions = static_cast<std::uint16_t>(all_positions);
    return piece;
}

}  // namespace satsim::gpu
