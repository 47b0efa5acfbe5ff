// The inner loops of N:M selection: one group, many columns. Internal; pack.hpp and prune.hpp are the
// interface.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/numerics/vector_level.hpp"

namespace satsim::nm {

// Columns are worked on in multiples of this.
inline constexpr int kColumnBlock = 32;

// The M rows that hold one group of each column; element e of column x is first[e * stride + x]. Rows from
// `size` on do not exist and are not read.
struct GroupRows {
    const std::uint16_t* first;
    std::ptrdiff_t stride;  // elements
    int size;               // 1..M
};

// Where pair j of column x goes: values[j * pitch + x], and nibble j * pitch + x from `indices` on.
struct PackedRows {
    std::uint16_t* values;
    std::uint8_t* indices;
    std::ptrdiff_t pitch;  // columns, even
};

// The other way round: where pairs are read, and the rows of dense elements that are written.
struct PackedPairs {
    const std::uint16_t* values;
    const std::uint8_t* indices;
    std::ptrdiff_t pitch;  // columns, even
};
struct DenseRows {
    std::uint16_t* first;
    std::ptrdiff_t stride;  // elements
    int size;               // 1..M
};

// Below, `columns` is a multiple of kColumnBlock, and groups have 1..M rows.

// Writes the N pairs of each column, those beyond the group's size as padding.
using PackKernel = void (*)(const GroupRows& group, std::int64_t columns, const PackedRows& out);
[[nodiscard]] PackKernel pack_kernel(int n, numerics::VectorLevel level);  // N of 1..16

// kept[e * pitch + x] = 0xFFFF where element e is one of the n kept, else 0; only rows e < size are written.
using KeepKernel = void (*)(const GroupRows& group, int n, std::int64_t columns, std::uint16_t* kept,
                            std::ptrdiff_t pitch);
[[nodiscard]] KeepKernel keep_kernel(int m, numerics::VectorLevel level);  // M of 1, 2, 4, 8 or 16

// Writes all elements of one group of each column, +0 where no pair has its index. A pair counts where its
// index is above that of the pair before it; of several with one index the last counts. Returns false where
// one that counts has an index of `size` or more: it is left out.
using UnpackKernel = bool (*)(const PackedPairs& pairs, std::int64_t columns, const DenseRows& group);
[[nodiscard]] UnpackKernel unpack_kernel(int n, numerics::VectorLevel level);  // N of 1..16

}  // namespace satsim::nm
