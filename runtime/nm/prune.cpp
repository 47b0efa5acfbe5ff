#include "runtime/nm/prune.hpp"

#include <algorithm>
#include <array>

#include "runtime/nm/halves.hpp"
#include "runtime/nm/kernels.hpp"
#include "runtime/nm/transpose.hpp"

namespace satsim::nm {
namespace {

// Masks are made in blocks of at most kDepth elements along the groups and kLanes across them.
constexpr int kDepth = 32;
constexpr int kLanes = 64;
using Block = std::array<std::uint16_t, kDepth * kLanes>;
static_assert(kDepth % kMaxGroup == 0 && kLanes % kColumnBlock == 0);

// A finished block of masks, 0xFFFF or 0, in the orientation of the weights.
struct MaskBlock {
    std::int64_t offset;  // of its first element in the weights
    int rows;
    int columns;
    const std::uint16_t* kept;  // [rows][pitch]
    std::ptrdiff_t pitch;
};

// Masks of `depth` x kLanes values whose groups run along the first dimension, both [depth][kLanes].
void keep_block(const Block& values, int depth, const NmPattern& nm, KeepKernel keep, Block& kept) {
    for (int d = 0; d < depth; d += nm.m) {
        const GroupRows group{values.data() + d * kLanes, kLanes, std::min(nm.m, depth - d)};
        keep(group, nm.n, kLanes, kept.data() + d * kLanes, kLanes);
    }
}

int part(int most, std::int64_t left) {
    return static_cast<int>(std::min<std::int64_t>(most, left));
}

template <typename Visit>
void visit_columns(const Fp16* w, const WeightShape& shape, const NmPattern& nm, VectorLevel level,
                   const Visit& visit) {
    const KeepKernel keep = keep_kernel(nm.m, level);
    Block values{};  // lanes beyond the columns may hold anything
    Block kept;
    for (std::int64_t tap = 0; tap < shape.taps; ++tap) {
        for (std::int64_t row = 0; row < shape.rows; row += kDepth) {
            for (std::int64_t column = 0; column < shape.columns; column += kLanes) {
                const std::int64_t offset = tap * shape.tap_stride + row * shape.row_stride + column;
                const MaskBlock block{offset, part(kDepth, shape.rows - row),
                                      part(kLanes, shape.columns - column), kept.data(), kLanes};
                for (int r = 0; r < block.rows; ++r) {
                    std::copy_n(halves(w) + offset + r * shape.row_stride, block.columns,
                                values.begin() + r * kLanes);
                }
                keep_block(values, block.rows, nm, keep, kept);
                visit(block);
            }
        }
    }
}

template <typename Visit>
void visit_rows(const Fp16* w, const WeightShape& shape, const NmPattern& nm, VectorLevel level,
                const Visit& visit) {
    const KeepKernel keep = keep_kernel(nm.m, level);
    Block values{};
    Block kept;
    Block turned;
    for (std::int64_t tap = 0; tap < shape.taps; ++tap) {
        for (std::int64_t row = 0; row < shape.rows; row += kLanes) {
            for (std::int64_t column = 0; column < shape.columns; column += kDepth) {
                const std::int64_t offset = tap * shape.tap_stride + row * shape.row_stride + column;
                const MaskBlock block{offset, part(kLanes, shape.rows - row),
                                      part(kDepth, shape.columns - column), turned.data(), kDepth};
                transpose(halves(w) + offset, shape.row_stride, block.rows, block.columns, values.data(),
                          kLanes);
                keep_block(values, block.columns, nm, keep, kept);
                transpose(kept.data(), kLanes, block.columns, block.rows, turned.data(), kDepth);
                visit(block);
            }
        }
    }
}

void check(const WeightShape& shape, const NmPattern& nm, std::size_t weights, std::size_t masks) {
    check_pattern(nm);
    check_shape(shape, weights);
    check_shape(shape, masks);
}

// Blocks are read before they are visited, and no two overlap: pruning in place is safe.
struct Prune {
    std::uint16_t* w;
    std::int64_t row_stride;
    void operator()(const MaskBlock& block) const {
        for (int r = 0; r < block.rows; ++r) {
            std::uint16_t* const row = w + block.offset + r * row_stride;
            const std::uint16_t* const kept = block.kept + r * block.pitch;
            for (int c = 0; c < block.columns; ++c) row[c] = static_cast<std::uint16_t>(row[c] & kept[c]);
        }
    }
};

struct StoreMask {
    std::uint8_t* out;
    std::int64_t row_stride;
    void operator()(const MaskBlock& block) const {
        for (int r = 0; r < block.rows; ++r) {
            std::uint8_t* const row = out + block.offset + r * row_stride;
            const std::uint16_t* const kept = block.kept + r * block.pitch;
            for (int c = 0; c < block.columns; ++c) row[c] = static_cast<std::uint8_t>(kept[c] & 1U);
        }
    }
};

}  // namespace

void prune_columns(std::span<Fp16> w, const WeightShape& shape, NmPattern nm, VectorLevel level) {
    check(shape, nm, w.size(), w.size());
    visit_columns(w.data(), shape, nm, level, Prune{halves(w.data()), shape.row_stride});
}

void prune_rows(std::span<Fp16> w, const WeightShape& shape, NmPattern nm, VectorLevel level) {
    check(shape, nm, w.size(), w.size());
    visit_rows(w.data(), shape, nm, level, Prune{halves(w.data()), shape.row_stride});
}

void mask_columns(std::span<const Fp16> w, const WeightShape& shape, NmPattern nm,
                  std::span<std::uint8_t> kept, VectorLevel level) {
    check(shape, nm, w.size(), kept.size());
    visit_columns(w.data(), shape, nm, level, StoreMask{kept.data(), shape.row_stride});
}

void mask_rows(std::span<const Fp16> w, const WeightShape& shape, NmPattern nm, std::span<std::uint8_t> kept,
               VectorLevel level) {
    check(shape, nm, w.size(), kept.size());
    visit_rows(w.data(), shape, nm, level, StoreMask{kept.data(), shape.row_stride});
}

}  // namespace satsim::nm
