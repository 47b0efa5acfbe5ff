// The own 2:4 kernel's tiling and register layouts: its block, warp and lane mapping run on the CPU with an
// emulated mma.sp, against a plain product. What this cannot show is whether a device's registers are as the
// PTX ISA says: tests/gpu does.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/gpu/emulated_device.hpp"
#include "tests/unit/gpu/sparse_checks.hpp"

namespace satsim::gpu::test {
namespace {

// Every element of every operand is held by exactly one register of one lane.
TEST(GpuFragments, CoverTheirMatrices) {
    std::vector<int> a(16 * 16);
    std::vector<int> b(32 * 8);
    std::vector<int> c(16 * 8);
    for (int lane = 0; lane < 32; ++lane) {
        for (int i = 0; i < 8; ++i) {
            ++a.at(static_cast<std::size_t>(a_element(lane, i).row * 16 + a_element(lane, i).column));
            ++b.at(static_cast<std::size_t>(b_element(lane, i).row * 8 + b_element(lane, i).column));
        }
        for (int i = 0; i < 4; ++i)
            ++c.at(static_cast<std::size_t>(c_element(lane, i).row * 8 + c_element(lane, i).column));
    }
    for (const auto* counts : {&a, &b, &c})
        EXPECT_TRUE(std::all_of(counts->begin(), counts->end(), [](int n) { return n == 1; }));
}

// ldmatrix with the lanes' addresses fills the registers as the instruction wants them.
TEST(GpuFragments, LdmatrixLoadsOperands) {
    std::vector<std::uint16_t> a(16 * 16);
    std::vector<std::uint16_t> b(8 * 32);  // [column][k]
    for (std::size_t i = 0; i < 256; ++i) a[i] = b[i] = static_cast<std::uint16_t>(i);
    const Registers in_a = emulate_ldmatrix(
        a, [](int l) { return static_cast<std::size_t>(a_address(l).row * 16 + a_address(l).column); });
    const Registers in_b = emulate_ldmatrix(
        b, [](int l) { return static_cast<std::size_t>(b_address(l).row * 32 + b_address(l).column); });
    for (int lane = 0; lane < 32; ++lane) {
        for (int i = 0; i < 8; ++i) {
            EXPECT_EQ(half_of(in_a, lane, i), a_element(lane, i).row * 16 + a_element(lane, i).column);
            EXPECT_EQ(half_of(in_b, lane, i), b_element(lane, i).column * 32 + b_element(lane, i).row);
        }
    }
}

// Eight rows of a matrix lie in eight different groups of four banks.
template <class Tile>
void expect_no_bank_conflicts() {
    for (int warp = 0; warp < Tile::kThreads / 32; ++warp) {
        for (int matrix = 0; matrix < 4; ++matrix) {
            std::vector<int> values(8);
            std::vector<int> map(8);
            for (int row = 0; row < 8; ++row) {
                ++values.at(static_cast<std::size_t>(Tile::value_unit(warp, matrix * 8 + row, 0, 0) % 8));
                ++map.at(static_cast<std::size_t>(Tile::map_unit(warp, matrix * 8 + row, 0, 0) % 8));
            }
            EXPECT_TRUE(std::all_of(values.begin(), values.end(), [](int n) { return n == 1; }));
            EXPECT_TRUE(std::all_of(map.begin(), map.end(), [](int n) { return n == 1; }));
        }
    }
}
TEST(GpuSparseTile, ReadsSharedMemoryWithoutBankConflicts) {
    expect_no_bank_conflicts<LargeSparseTile>();
    expect_no_bank_conflicts<MediumSparseTile>();
    expect_no_bank_conflicts<SmallSparseTile>();
}

TEST(GpuSparseTile, MultipliesMatricesOfOddSizes) {
    EmulatedMachine machine;
    expect_matrices_of_odd_sizes(machine);
}
TEST(GpuSparseTile, GathersConvolutions) {
    EmulatedMachine machine;
    expect_convolutions(machine);
}
TEST(GpuSparseTile, WritesPhasesOfAStridedGradient) {
    EmulatedMachine machine;
    expect_phases_of_a_strided_gradient(machine);
}

}  // namespace
}  // namespace satsim::gpu::test
