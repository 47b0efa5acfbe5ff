// The dense matrices that are pruned and packed, and the rule of selection.
//
// Of every M consecutive elements along the group direction the N largest are kept, compared by the 15
// magnitude bits of FP16 (so NaN ranks above infinity, and -x like x); ties go to the lower index. Groups do
// not cross taps. When the direction's length is not a multiple of M, the missing elements of the last group
// do not exist: a group of fewer than N elements keeps them all.
//
// `..._columns`: groups run down each column, along the rows. Weights [tap][input channel][output channel] in
// FF.
// `..._rows`:    groups run along each row, along the columns. The same weights in BP.
#pragma once

#include <cstdint>

#include "runtime/support/types.hpp"

namespace satsim::nm {

// `taps` matrices of rows x columns, each row contiguous. Strides in elements; what lies in the gaps is
// neither read nor written.
struct WeightShape {
    std::int64_t taps = 0;
    std::int64_t rows = 0;        // input channels of one tap
    std::int64_t columns = 0;     // output channels
    std::int64_t row_stride = 0;  // from one row to the next, >= columns
    std::int64_t tap_stride = 0;  // from one tap to the next

    [[nodiscard]] static WeightShape contiguous(std::int64_t taps, std::int64_t rows, std::int64_t columns) {
        return {taps, rows, columns, columns, rows * columns};
    }
    // Elements from the first to the last one, both included; 0 when there are none.
    [[nodiscard]] std::int64_t extent() const;
};

inline constexpr int kMaxGroup = 16;

// Throws std::invalid_argument when the shape is negative, rows or taps overlap or `elements`, the length of
// the caller's array, does not hold them.
void check_shape(const WeightShape& shape, std::size_t elements);
// Throws std::invalid_argument unless M is 1, 2, 4, 8 or 16 and 1 <= N <= M.
void check_pattern(const NmPattern& nm);

}  // namespace satsim::nm
