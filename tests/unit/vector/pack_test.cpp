// The packed copies that an emitted program leaves in DRAM are runtime/nm's planes, bit for bit.
#include <gtest/gtest.h>

#include "runtime/nm/one_of_two.hpp"
#include "runtime/nm/pack.hpp"
#include "sim/verify/vector_case.hpp"

namespace satsim::schedule {
namespace {

struct Shape {
    std::int64_t rows, columns, taps;
    NmPattern ff, bp;
};

class PackedCopies : public ::testing::TestWithParam<Shape> {};

TEST_P(PackedCopies, EqualThePacker) {
    const Shape shape = GetParam();
    VectorProblem p;
    p.layer = "test";
    p.kernel = VectorKernel::Sgd;
    p.rows = shape.rows;
    p.columns = shape.columns;
    p.taps = shape.taps;
    p.pack_ff = shape.ff;
    p.pack_bp = shape.bp;
    isa::ArrayConfig array;
    array.max_m = 16;
    verify::VectorCase c(p, array, 21);
    c.run();
    const VectorLayout& at = c.layout();
    std::vector<Fp16> weights;
    for (std::int64_t r = 0; r < shape.rows * shape.taps; ++r) {
        for (std::int64_t k = 0; k < shape.columns; ++k)
            weights.push_back(numerics::to_fp16(c.fp32(at.outputs[0], r, k)));
    }
    const auto dense = nm::WeightShape::contiguous(shape.taps, shape.rows, shape.columns);
    const auto expect = [&](nm::PackedMatrix want, const VectorLayout::Packed& copy) {
        nm::store_one_of_two(want);
        ASSERT_EQ(copy.pitch, want.columns_padded * 2);
        ASSERT_EQ(copy.rows, std::int64_t{want.groups} * want.nm.n);
        std::size_t i = 0;
        for (std::int64_t row = 0; row < copy.rows * shape.taps; ++row) {
            for (std::int64_t k = 0; k < want.columns_padded; ++k, ++i) {
                ASSERT_EQ(c.half(copy.values, copy.pitch, row, k), want.values[i].bits) << row << "," << k;
                if (want.nm.dense()) continue;
                const int nibble = want.indices[i / 2] >> (i % 2 * 4) & 0xF;
                ASSERT_EQ(c.nibble(copy.indices, copy.pitch / 4, row, k), nibble) << row << "," << k;
            }
        }
    };
    expect(nm::pack_columns(weights, dense, shape.ff), at.ff);
    expect(nm::pack_rows(weights, dense, shape.bp), at.bp);
}

// Ragged groups, fewer elements than N, columns that are no multiple of the padding, every M; 1:2 with every
// remainder of the groups of four that it is stored in, and beside other patterns.
INSTANTIATE_TEST_SUITE_P(Shapes, PackedCopies,
                         ::testing::Values(Shape{64, 64, 1, {2, 8}, {2, 8}}, Shape{33, 70, 2, {4, 8}, {4, 8}},
                                           Shape{3, 10, 9, {2, 8}, {4, 16}}, Shape{17, 50, 1, {2, 4}, {1, 4}},
                                           Shape{130, 100, 3, {8, 8}, {8, 8}},
                                           Shape{5, 19, 1, {2, 16}, {4, 4}},
                                           Shape{300, 1000, 1, {1, 8}, {2, 8}},
                                           Shape{64, 65, 1, {1, 2}, {1, 2}}, Shape{33, 70, 2, {1, 2}, {1, 2}},
                                           Shape{130, 103, 3, {1, 2}, {1, 2}}, Shape{1, 3, 9, {1, 2}, {1, 2}},
                                           Shape{39, 2, 1, {1, 2}, {2, 4}},
                                           Shape{300, 1000, 1, {2, 16}, {1, 2}}));

}  // namespace
}  // namespace satsim::schedule
