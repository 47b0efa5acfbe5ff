#include "runtime/nm/transpose.hpp"

#include <cstring>

namespace satsim::nm {
namespace {

constexpr int kBlock = 8;
using Row = std::uint16_t __attribute__((vector_size(2 * kBlock)));
using Words = std::uint32_t __attribute__((vector_size(2 * kBlock)));
using Longs = std::uint64_t __attribute__((vector_size(2 * kBlock)));

// 8 x 8 by interleaving three times: 16, 32 and 64 bits. GCC and Clang map each shuffle to one unpack
// instruction.
void transpose_block(const std::uint16_t* in, std::ptrdiff_t in_stride, std::uint16_t* out,
                     std::ptrdiff_t out_stride) {
    Row rows[kBlock];
    for (int r = 0; r < kBlock; ++r) std::memcpy(&rows[r], in + r * in_stride, sizeof(Row));
    Words pairs[kBlock];
    for (int r = 0; r < kBlock; r += 2) {
        pairs[r] = (Words)__builtin_shufflevector(rows[r], rows[r + 1], 0, 8, 1, 9, 2, 10, 3, 11);
        pairs[r + 1] = (Words)__builtin_shufflevector(rows[r], rows[r + 1], 4, 12, 5, 13, 6, 14, 7, 15);
    }
    Longs fours[kBlock];  // fours[h * 4 + k]: columns 2k and 2k+1 of rows 4h .. 4h+3
    for (int h = 0; h < 2; ++h) {
        for (int k = 0; k < 2; ++k) {
            const Words low = pairs[h * 4 + k];
            const Words high = pairs[h * 4 + 2 + k];
            fours[h * 4 + 2 * k] = (Longs)__builtin_shufflevector(low, high, 0, 4, 1, 5);
            fours[h * 4 + 2 * k + 1] = (Longs)__builtin_shufflevector(low, high, 2, 6, 3, 7);
        }
    }
    for (int k = 0; k < kBlock / 2; ++k) {
        const Longs even = __builtin_shufflevector(fours[k], fours[4 + k], 0, 2);
        const Longs odd = __builtin_shufflevector(fours[k], fours[4 + k], 1, 3);
        std::memcpy(out + (2 * k) * out_stride, &even, sizeof even);
        std::memcpy(out + (2 * k + 1) * out_stride, &odd, sizeof odd);
    }
}

}  // namespace

void transpose(const std::uint16_t* in, std::ptrdiff_t in_stride, int rows, int columns, std::uint16_t* out,
               std::ptrdiff_t out_stride) {
    const int block_rows = rows / kBlock * kBlock;
    const int block_columns = columns / kBlock * kBlock;
    for (int r = 0; r < block_rows; r += kBlock) {
        for (int c = 0; c < block_columns; c += kBlock) {
            transpose_block(in + r * in_stride + c, in_stride, out + c * out_stride + r, out_stride);
        }
    }
    for (int r = 0; r < rows; ++r) {
        for (int c = r < block_rows ? block_columns : 0; c < columns; ++c) {
            out[c * out_stride + r] = in[r * in_stride + c];
        }
    }
}

}  // namespace satsim::nm
