#include "runtime/nm/unpack.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include "runtime/nm/halves.hpp"
#include "runtime/nm/kernels.hpp"
#include "runtime/nm/transpose.hpp"

namespace satsim::nm {
namespace {

// `grouped` elements along the groups of a tap, `columns` packed columns.
void check_packed(const PackedMatrix& packed, const WeightShape& shape, std::int64_t grouped,
                  std::int64_t columns) {
    check_pattern(packed.nm);
    const std::int64_t padded = round_up<std::int64_t>(columns, kColumnPadding);
    const bool same = packed.taps == shape.taps && packed.columns == columns &&
                      packed.columns_padded == padded &&
                      packed.groups == ceil_div<std::int64_t>(grouped, packed.nm.m);
    const auto pairs = static_cast<std::size_t>(shape.taps * packed.groups * packed.nm.n * padded);
    if (!same || packed.values.size() != pairs || packed.indices.size() != pairs / 2) {
        throw std::invalid_argument("unpack: the packed matrix does not belong to weights of this shape");
    }
}

// Throws for an index outside its group. A kernel tells of those in padding columns too, which are nobody's.
void require_inside(const PackedMatrix& packed, int tap, int group, int size) {
    for (int j = 0; j < std::min(packed.nm.n, size); ++j) {
        for (int c = 0; c < packed.columns; ++c) {
            const int index = packed.index(tap, group, j, c);
            if (j > 0 && index <= packed.index(tap, group, j - 1, c)) continue;
            if (index >= size) {
                throw std::invalid_argument("unpack: index " + std::to_string(index) + " in a group of " +
                                            std::to_string(size));
            }
        }
    }
}

class Unpacker {
  public:
    Unpacker(const PackedMatrix& packed, VectorLevel level)
        : packed_(packed), kernel_(unpack_kernel(packed.nm.n, level)) {}

    // `columns` columns from `column` on, a multiple of kColumnBlock.
    void operator()(std::int64_t tap, std::int64_t group, std::int64_t column, std::int64_t columns,
                    const DenseRows& rows) const {
        const int t = static_cast<int>(tap);
        const int g = static_cast<int>(group);
        const std::size_t at = packed_.position(t, g, 0, static_cast<int>(column));
        const PackedPairs pairs{halves(packed_.values.data() + at), packed_.indices.data() + at / 2,
                                packed_.columns_padded};
        if (!kernel_(pairs, columns, rows)) require_inside(packed_, t, g, rows.size);
    }

  private:
    const PackedMatrix& packed_;
    UnpackKernel kernel_;
};

}  // namespace

void unpack_columns(const PackedMatrix& packed, const WeightShape& shape, std::span<Fp16> w,
                    VectorLevel level) {
    check_shape(shape, w.size());
    check_packed(packed, shape, shape.rows, shape.columns);
    const Unpacker unpack(packed, level);
    const int m = packed.nm.m;
    const std::int64_t whole = shape.columns / kColumnBlock * kColumnBlock;
    std::array<std::uint16_t, kMaxGroup * kColumnBlock> tail;  // the last columns of a group
    for (std::int64_t tap = 0; tap < shape.taps; ++tap) {
        for (std::int64_t group = 0; group < packed.groups; ++group) {
            const std::int64_t row = group * m;
            const int size = static_cast<int>(std::min<std::int64_t>(m, shape.rows - row));
            std::uint16_t* const first = halves(w.data()) + tap * shape.tap_stride + row * shape.row_stride;
            unpack(tap, group, 0, whole, {first, shape.row_stride, size});
            if (whole == shape.columns) continue;
            unpack(tap, group, whole, kColumnBlock, {tail.data(), kColumnBlock, size});
            for (int e = 0; e < size; ++e) {
                std::copy_n(tail.begin() + e * kColumnBlock, shape.columns - whole,
                            first + e * shape.row_stride + whole);
            }
        }
    }
}

namespace {

// unpack_rows() works on blocks as pack_rows() does: kDepth elements of kLanes rows, whose columns become
// rows.
constexpr int kDepth = 128;
constexpr int kLanes = 64;
static_assert(kDepth % kMaxGroup == 0 && kLanes % kColumnBlock == 0);

void unpack_block(const Unpacker& unpack, int m, std::int64_t tap, std::int64_t first_group,
                  std::int64_t column, std::uint16_t* w, std::int64_t row_stride, int rows, int depth) {
    std::array<std::uint16_t, kDepth * kLanes> block;
    for (int d = 0; d < depth; d += m) {
        unpack(tap, first_group + d / m, column, round_up(rows, kColumnBlock),
               {block.data() + d * kLanes, kLanes, std::min(m, depth - d)});
    }
    transpose(block.data(), kLanes, depth, rows, w, row_stride);
}

}  // namespace

void unpack_rows(const PackedMatrix& packed, const WeightShape& shape, std::span<Fp16> w, VectorLevel level) {
    check_shape(shape, w.size());
    check_packed(packed, shape, shape.columns, shape.rows);
    const Unpacker unpack(packed, level);
    const int m = packed.nm.m;
    for (std::int64_t tap = 0; tap < shape.taps; ++tap) {
        std::uint16_t* const matrix = halves(w.data()) + tap * shape.tap_stride;
        for (std::int64_t row = 0; row < shape.rows; row += kLanes) {
            for (std::int64_t depth = 0; depth < shape.columns; depth += kDepth) {
                unpack_block(unpack, m, tap, depth / m, row, matrix + row * shape.row_stride + depth,
                             shape.row_stride,
                             static_cast<int>(std::min<std::int64_t>(kLanes, shape.rows - row)),
                             static_cast<int>(std::min<std::int64_t>(kDepth, shape.columns - depth)));
            }
        }
    }
}

}  // namespace satsim::nm
