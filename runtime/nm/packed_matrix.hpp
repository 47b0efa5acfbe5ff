// The packed format of N:M weights (design.md §9, docs/architecture/layouts.md), as the accelerator reads it.
//
// Two planes in the order [tap][group][j][column], j = 0..N-1, columns contiguous:
//   values   FP16
//   indices  4 bits, the element's position in its group; column 2i in the low nibble of byte i, 2i+1 in the
//   high
// Each (tap, group, j) is one row of `columns_padded` values and columns_padded/2 index bytes. The number of
// columns is always padded to a multiple of 32, so that rows are whole bytes of indices and 64-byte lines of
// values.
//
// Each group has exactly N pairs, ascending by index. Padding is value +0 with index 0:
//   * pairs beyond the elements of a ragged last group (they come last, after the real ones);
//   * all pairs of the padding columns.
//   * in a 1:2 matrix stored as 2:4 (one_of_two.hpp), the second pair of a last group of two elements.
// A kept element keeps its sign, so a kept -0 is stored as -0.
// Dense (N == M): all M elements in order; pair j has index j. Such an index plane is redundant and not
// stored in the accelerator's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/numerics/fp16.hpp"
#include "runtime/support/types.hpp"

namespace satsim::nm {

inline constexpr int kColumnPadding = 32;

struct PackedMatrix {
    int taps = 0;
    int groups = 0;          // of one tap
    int columns = 0;         // real columns
    int columns_padded = 0;  // columns of the planes
    NmPattern nm;
    std::vector<Fp16> values;           // taps * groups * n * columns_padded
    std::vector<std::uint8_t> indices;  // taps * groups * n * columns_padded / 2

    bool operator==(const PackedMatrix&) const = default;

    // Where (tap, group, j, column) stands, counted in values or nibbles.
    [[nodiscard]] std::size_t position(int tap, int group, int j, int column) const {
        const auto row = (static_cast<std::int64_t>(tap) * groups + group) * nm.n + j;
        return static_cast<std::size_t>(row * columns_padded + column);
    }
    [[nodiscard]] Fp16 value(int tap, int group, int j, int column) const {
        return values[position(tap, group, j, column)];
    }
    [[nodiscard]] int index(int tap, int group, int j, int column) const {
        const std::size_t at = position(tap, group, j, column);
        return indices[at / 2] >> (at % 2 * 4) & 0xF;
    }
};

}  // namespace satsim::nm
