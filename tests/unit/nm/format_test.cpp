// The packed format byte by byte, reuse of a packed matrix, empty shapes and errors.
#include <gtest/gtest.h>

#include <stdexcept>

#include "runtime/nm/one_of_two.hpp"
#include "runtime/nm/pack.hpp"
#include "runtime/nm/prune.hpp"
#include "runtime/nm/unpack.hpp"
#include "runtime/support/stored_pattern.hpp"
#include "tests/unit/nm/random_weights.hpp"

namespace satsim::nm {
namespace {

std::vector<Fp16> values(std::initializer_list<int> bits) {
    std::vector<Fp16> out;
    for (const int b : bits) out.push_back({static_cast<std::uint16_t>(b)});
    return out;
}

// 5 input channels x 3 output channels, 2:4: a whole group and a ragged one of a single element.
TEST(Format, ColumnsDirection) {
    const std::vector<Fp16> w = values({0x3C00, 0x0000, 0x7C00,    //
                                        0xBC00, 0x8000, 0xFE00,    //
                                        0x4000, 0x0000, 0x7C00,    //
                                        0x3C00, 0x8001, 0x3C00,    //
                                        0x8000, 0x1234, 0xFFFF});  //
    const PackedMatrix p = pack_columns(w, WeightShape::contiguous(1, 5, 3), {2, 4});
    EXPECT_EQ(p.taps, 1);
    EXPECT_EQ(p.groups, 2);
    EXPECT_EQ(p.columns, 3);
    EXPECT_EQ(p.columns_padded, 32);
    ASSERT_EQ(p.values.size(), 2U * 2 * 32);
    ASSERT_EQ(p.indices.size(), 2U * 2 * 16);
    // Column 0 keeps 2.0 and, of three equal magnitudes, the first; column 1 the subnormal and the first
    // zero; column 2 the NaN and the first infinity.
    const auto row = [&](std::size_t r) {
        return std::vector<Fp16>(&p.values[r * 32], &p.values[r * 32] + 4);
    };
    EXPECT_EQ(row(0), values({0x3C00, 0x0000, 0x7C00, 0}));
    EXPECT_EQ(row(1), values({0x4000, 0x8001, 0xFE00, 0}));
    EXPECT_EQ(row(2), values({0x8000, 0x1234, 0xFFFF, 0}));  // -0 is kept as it is
    EXPECT_EQ(row(3), values({0, 0, 0, 0}));                 // padding pairs
    EXPECT_EQ(p.indices[0], 0x00);                           // columns 0 and 1, pair 0
    EXPECT_EQ(p.indices[1], 0x00);
    EXPECT_EQ(p.indices[16], 0x32);  // pair 1: column 0 has index 2 in the low nibble, column 1 index 3
    EXPECT_EQ(p.indices[17], 0x01);  // column 2; column 3 is padding
    for (std::size_t i = 18; i < p.indices.size(); ++i) EXPECT_EQ(p.indices[i], 0) << i;
}

TEST(Format, RowsDirection) {
    const std::vector<Fp16> w = values({1, 2, 3, 4, 9, 8,    //
                                        4, 3, 2, 1, 8, 9});  //
    const PackedMatrix p = pack_rows(w, WeightShape::contiguous(1, 2, 6), {1, 4});
    EXPECT_EQ(p.groups, 2);
    EXPECT_EQ(p.columns, 2);
    EXPECT_EQ(p.value(0, 0, 0, 0).bits, 4);
    EXPECT_EQ(p.value(0, 0, 0, 1).bits, 4);
    EXPECT_EQ(p.indices[0], 0x03);
    EXPECT_EQ(p.value(0, 1, 0, 0).bits, 9);
    EXPECT_EQ(p.value(0, 1, 0, 1).bits, 9);
    EXPECT_EQ(p.indices[16], 0x10);
}

// 6 input channels of one column: pairs (3, 4), (4, -4), (1, +0) as a whole group and one of a single pair.
TEST(Format, OneOfTwoStoredAsTwoOfFour) {
    const std::vector<Fp16> w = values({3, 4, 4, 0x8004, 1, 0});
    PackedMatrix p = pack_columns(w, WeightShape::contiguous(1, 6, 1), kOneOfTwo);
    EXPECT_EQ(p.groups, 3);
    store_one_of_two(p);
    EXPECT_EQ(p.nm, (NmPattern{2, 4}));
    EXPECT_EQ(p.groups, 2);
    ASSERT_EQ(p.values.size(), 4U * 32);
    ASSERT_EQ(p.indices.size(), 4U * 16);
    EXPECT_EQ(p.value(0, 0, 0, 0).bits, 4);
    EXPECT_EQ(p.index(0, 0, 0, 0), 1);
    EXPECT_EQ(p.value(0, 0, 1, 0).bits, 4);  // a tie: the first, 2 of the group of four
    EXPECT_EQ(p.index(0, 0, 1, 0), 2);
    EXPECT_EQ(p.value(0, 1, 0, 0).bits, 1);
    EXPECT_EQ(p.index(0, 1, 0, 0), 0);
    EXPECT_EQ(p.value(0, 1, 1, 0).bits, 0);  // padding
    EXPECT_EQ(p.index(0, 1, 1, 0), 0);
    std::vector<Fp16> back(6, Fp16{0x1234});
    unpack_columns(p, WeightShape::contiguous(1, 6, 1), back);
    EXPECT_EQ(back, values({0, 4, 4, 0, 1, 0}));
    p.nm = kOneOfTwo;
    EXPECT_THROW(store_one_of_two(p), std::invalid_argument);
}

TEST(Format, DenseIsTheMatrixItselfInGroups) {
    std::mt19937_64 random(21);
    const WeightShape shape = WeightShape::contiguous(1, 16, 32);
    const std::vector<Fp16> w = test::random_weights(random, shape);
    const PackedMatrix p = pack_columns(w, shape, {8, 8});
    EXPECT_EQ(p.values, w);
    for (int j = 0; j < 8; ++j) EXPECT_EQ(p.index(0, 1, j, 5), j);
}

// The largest magnitude there is, in a group whose missing elements must not count.
TEST(Format, AllOnesInARaggedGroup) {
    const std::vector<Fp16> w = values({0x7FFF, 0xFFFF, 0x7FFF});
    for (const VectorLevel level : numerics::kVectorLevels) {
        if (level > best_vector_level()) continue;
        std::vector<std::uint8_t> kept(3);
        mask_columns(w, WeightShape::contiguous(1, 3, 1), {2, 8}, kept, level);
        EXPECT_EQ(kept, (std::vector<std::uint8_t>{1, 1, 0}));
        mask_rows(w, WeightShape::contiguous(1, 1, 3), {2, 8}, kept, level);
        EXPECT_EQ(kept, (std::vector<std::uint8_t>{1, 1, 0}));
    }
}

TEST(Format, APackedMatrixIsReusedWithoutAllocation) {
    std::mt19937_64 random(22);
    const WeightShape large = WeightShape::contiguous(2, 70, 70);
    const WeightShape small = WeightShape::contiguous(1, 33, 35);
    PackedMatrix p;
    pack_rows(test::random_weights(random, large), large, {3, 8}, p);
    const Fp16* const storage = p.values.data();
    const std::vector<Fp16> w = test::random_weights(random, small);
    pack_columns(w, small, {2, 8}, p);
    EXPECT_EQ(p.values.data(), storage);
    EXPECT_EQ(p, pack_columns(w, small, {2, 8}));
}

TEST(Format, EmptyWeightsPackToNothing) {
    const PackedMatrix p = pack_columns({}, WeightShape::contiguous(3, 0, 5), {2, 8});
    EXPECT_EQ(p.groups, 0);
    EXPECT_TRUE(p.values.empty());
    EXPECT_TRUE(pack_rows({}, WeightShape::contiguous(3, 0, 5), {2, 8}).values.empty());
    prune_columns({}, WeightShape::contiguous(0, 4, 4), {1, 4});
}

TEST(Errors, PatternsAndShapes) {
    std::vector<Fp16> w(64);
    const WeightShape shape = WeightShape::contiguous(1, 8, 8);
    for (const NmPattern nm :
         {NmPattern{0, 4}, NmPattern{5, 4}, NmPattern{1, 3}, NmPattern{1, 32}, NmPattern{-1, 8}}) {
        EXPECT_THROW(static_cast<void>(pack_columns(w, shape, nm)), std::invalid_argument) << to_string(nm);
        EXPECT_THROW(static_cast<void>(pack_rows(w, shape, nm)), std::invalid_argument) << to_string(nm);
        EXPECT_THROW(prune_rows(w, shape, nm), std::invalid_argument) << to_string(nm);
    }
    const NmPattern nm{2, 4};
    EXPECT_THROW(prune_columns(w, WeightShape::contiguous(1, 8, 9), nm), std::invalid_argument);
    EXPECT_THROW(prune_columns(w, WeightShape::contiguous(2, 8, 8), nm), std::invalid_argument);
    EXPECT_THROW(prune_columns(w, (WeightShape{1, 4, 8, 7, 64}), nm), std::invalid_argument);
    EXPECT_THROW(prune_columns(w, (WeightShape{2, 4, 8, 8, 31}), nm), std::invalid_argument);
    EXPECT_THROW(prune_columns(w, WeightShape::contiguous(1, -1, 8), nm), std::invalid_argument);
    std::vector<std::uint8_t> kept(63);
    EXPECT_THROW(mask_columns(w, shape, nm, kept), std::invalid_argument);
}

TEST(Errors, UnpackingWhatDoesNotFit) {
    std::vector<Fp16> w(64);
    const WeightShape shape = WeightShape::contiguous(1, 6, 8);
    PackedMatrix p = pack_columns(w, shape, {2, 4});
    unpack_columns(p, shape, w);
    EXPECT_THROW(unpack_columns(p, WeightShape::contiguous(1, 9, 8), w), std::invalid_argument);
    EXPECT_THROW(unpack_rows(p, shape, w), std::invalid_argument);
    EXPECT_THROW(unpack_columns(p, shape, std::span(w).first(40)), std::invalid_argument);
    p.indices[p.position(0, 1, 0, 0) / 2] = 2;  // the second group has two elements, 0 and 1
    EXPECT_THROW(unpack_columns(p, shape, w), std::invalid_argument);
    p.indices.pop_back();
    EXPECT_THROW(unpack_columns(p, shape, w), std::invalid_argument);
}

}  // namespace
}  // namespace satsim::nm
