#include "runtime/nm/pack.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

#include "runtime/nm/halves.hpp"
#include "runtime/nm/kernels.hpp"
#include "runtime/nm/transpose.hpp"

namespace satsim::nm {
namespace {

static_assert(kColumnPadding % kColumnBlock == 0, "kernels write whole blocks of padded columns");

// Sizes `out` for groups of `grouped` elements a tap and packed column.
void set_shape(PackedMatrix& out, const NmPattern& nm, std::int64_t taps, std::int64_t grouped,
               std::int64_t columns) {
    const std::int64_t padded = round_up<std::int64_t>(columns, kColumnPadding);
    const std::int64_t groups = ceil_div<std::int64_t>(grouped, nm.m);
    if (std::max({taps, groups, padded}) > std::numeric_limits<int>::max()) {
        throw std::invalid_argument("packed weights: more than 2^31 - 1 taps, groups or columns");
    }
    out.taps = static_cast<int>(taps);
    out.groups = static_cast<int>(groups);
    out.columns = static_cast<int>(columns);
    out.columns_padded = static_cast<int>(padded);
    out.nm = nm;
    const auto pairs = static_cast<std::size_t>(taps * groups * nm.n * padded);
    out.values.resize(pairs);
    out.indices.resize(pairs / 2);
}

// The planes from (tap, group, 0, column) on.
PackedRows rows_at(PackedMatrix& out, std::int64_t tap, std::int64_t group, std::int64_t column) {
    const std::size_t at =
        out.position(static_cast<int>(tap), static_cast<int>(group), 0, static_cast<int>(column));
    return {halves(out.values.data() + at), out.indices.data() + at / 2, out.columns_padded};
}

// Kernels see zeros in the padding columns and rank them; the format wants index 0 there.
void clear_padding_indices(PackedMatrix& out) {
    if (out.columns == out.columns_padded) return;
    const auto pitch = static_cast<std::size_t>(out.columns_padded / 2);
    const auto first = static_cast<std::size_t>(out.columns / 2);
    for (std::size_t row = 0; row < out.indices.size(); row += pitch) {
        std::size_t byte = row + first;
        if (out.columns % 2 != 0) out.indices[byte++] &= 0x0F;
        std::fill(out.indices.begin() + static_cast<std::ptrdiff_t>(byte),
                  out.indices.begin() + static_cast<std::ptrdiff_t>(row + pitch), std::uint8_t{0});
    }
}

// The last columns of one group, with zeros up to a whole block.
class ColumnTail {
  public:
    ColumnTail(const GroupRows& group, std::int64_t columns) : size_(group.size) {
        for (int e = 0; e < size_; ++e) {
            std::copy_n(group.first + e * group.stride, columns, rows_.begin() + e * kColumnBlock);
        }
    }
    [[nodiscard]] GroupRows rows() const { return {rows_.data(), kColumnBlock, size_}; }

  private:
    std::array<std::uint16_t, kMaxGroup * kColumnBlock> rows_{};
    int size_;
};

}  // namespace

void pack_columns(std::span<const Fp16> w, const WeightShape& shape, NmPattern nm, PackedMatrix& out,
                  VectorLevel level) {
    check_pattern(nm);
    check_shape(shape, w.size());
    set_shape(out, nm, shape.taps, shape.rows, shape.columns);
    const PackKernel pack = pack_kernel(nm.n, level);
    const std::int64_t whole = shape.columns / kColumnBlock * kColumnBlock;
    for (std::int64_t tap = 0; tap < shape.taps; ++tap) {
        for (std::int64_t group = 0; group < out.groups; ++group) {
            const std::int64_t row = group * nm.m;
            const GroupRows rows{halves(w.data()) + tap * shape.tap_stride + row * shape.row_stride,
                                 shape.row_stride,
                                 static_cast<int>(std::min<std::int64_t>(nm.m, shape.rows - row))};
            pack(rows, whole, rows_at(out, tap, group, 0));
            if (whole == shape.columns) continue;
            const ColumnTail tail({rows.first + whole, rows.stride, rows.size}, shape.columns - whole);
            pack(tail.rows(), kColumnBlock, rows_at(out, tap, group, whole));
        }
    }
    clear_padding_indices(out);
}

namespace {

// pack_rows() works on blocks of kDepth elements of kLanes rows, transposed so that rows become columns.
// Sizes by measurement (tests/bench/nm): long reads of each row are worth more than long writes.
constexpr int kDepth = 128;
constexpr int kLanes = 64;
static_assert(kDepth % kMaxGroup == 0 && kLanes % kColumnBlock == 0);

void pack_block(const std::uint16_t* w, std::int64_t row_stride, int rows, int depth, PackKernel pack,
                PackedMatrix& out, std::int64_t tap, std::int64_t first_group, std::int64_t column) {
    std::array<std::uint16_t, kDepth * kLanes> block;
    const int lanes = round_up(rows, kColumnBlock);
    transpose(w, row_stride, rows, depth, block.data(), kLanes);
    for (int d = 0; rows < lanes && d < depth; ++d) {
        std::fill_n(block.begin() + d * kLanes + rows, lanes - rows, std::uint16_t{0});
    }
    const int m = out.nm.m;
    for (int d = 0; d < depth; d += m) {
        const GroupRows group{block.data() + d * kLanes, kLanes, std::min(m, depth - d)};
        pack(group, lanes, rows_at(out, tap, first_group + d / m, column));
    }
}

}  // namespace

void pack_rows(std::span<const Fp16> w, const WeightShape& shape, NmPattern nm, PackedMatrix& out,
               VectorLevel level) {
    check_pattern(nm);
    check_shape(shape, w.size());
    set_shape(out, nm, shape.taps, shape.columns, shape.rows);
    const PackKernel pack = pack_kernel(nm.n, level);
    for (std::int64_t tap = 0; tap < shape.taps; ++tap) {
        const std::uint16_t* const matrix = halves(w.data()) + tap * shape.tap_stride;
        for (std::int64_t row = 0; row < shape.rows; row += kLanes) {
            for (std::int64_t depth = 0; depth < shape.columns; depth += kDepth) {
                pack_block(matrix + row * shape.row_stride + depth, shape.row_stride,
                           static_cast<int>(std::min<std::int64_t>(kLanes, shape.rows - row)),
                           static_cast<int>(std::min<std::int64_t>(kDepth, shape.columns - depth)), pack, out,
                           tap, depth / nm.m, row);
            }
        }
    }
    clear_padding_indices(out);
}

}  // namespace satsim::nm
