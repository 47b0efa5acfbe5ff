// Hopper's 2:4 kernel: its layouts run on the CPU with an emulated wgmma, against a plain product. What this
// cannot show is the order of its copies and reads, nor whether a device is as the PTX ISA says: tests/gpu
// does.
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/gpu/emulated_wgmma.hpp"
#include "tests/unit/gpu/sparse_checks.hpp"

namespace satsim::gpu::test {
namespace {

// Eight rows that ldmatrix reads, or stmatrix writes, at a time lie in different groups of four banks.
TEST(GpuWgmmaTile, NamesAddressesWithoutBankConflicts) {
    for (int warp = 0; warp < 4; ++warp) {
        for (int matrix = 0; matrix < 4; ++matrix) {
            std::set<unsigned> values;
            std::set<unsigned> strip;
            for (int row = 0; row < 8; ++row) {
                values.insert(WgmmaTile::value_address(1, warp, matrix * 8 + row, 1) / 16 % 8);
                strip.insert(WgmmaTile::strip_address(warp, matrix * 8 + row, 2) / 16 % 8);
            }
            EXPECT_EQ(values.size(), 8U);
            EXPECT_EQ(strip.size(), 8U);
        }
    }
}

// The fields of the PTX ISA's matrix descriptor, by hand.
TEST(GpuWgmmaTile, DescribesItsMap) {
    EXPECT_EQ(WgmmaTile::map_descriptor(0x0A400, 0), 0x4000'0040'0001'0A40U);
    EXPECT_EQ(WgmmaTile::map_descriptor(0x0A400, 1), 0x4000'0040'0001'0A44U);
    EXPECT_EQ(WgmmaTile::map_descriptor(0x29000, 0), 0x4000'0040'0001'2900U);
}

// Every tile of every shape once, clusters as the number of row tiles allows.
TEST(GpuWgmmaGrid, CoversTheProductOnce) {
    for (const std::int64_t rows : {1, 128, 129, 300, 512, 640, 1100, 2048, 5000}) {
        for (const std::int64_t positions : {1, 256, 257, 3000}) {
            const WgmmaGrid grid =
                WgmmaGrid::of({rows, 1, 64}, GatherView::matrix(positions, 64), WgmmaTile::kPositions, {});
            std::set<std::pair<int, int>> seen;
            for (int t = 0; t < grid.tiles(); ++t) {
                const WgmmaGrid::Tile tile = grid.tile(t);
                EXPECT_LT(tile.first_row, rows);
                EXPECT_LT(tile.first_position, positions);
                EXPECT_EQ(tile.first_row % (grid.cluster * WgmmaTile::kRows), 0);
                EXPECT_EQ(tile.first_position % WgmmaTile::kPositions, 0);
                EXPECT_TRUE(seen.insert({tile.first_row, tile.first_position}).second);
            }
            EXPECT_GE(std::int64_t{grid.row_clusters} * grid.cluster * WgmmaTile::kRows, rows);
            EXPECT_GE(std::int64_t{grid.position_tiles} * WgmmaTile::kPositions, positions);
        }
    }
    const auto cluster = [](std::int64_t rows, std::int64_t positions) {
        return WgmmaGrid::of({rows, 1, 64}, GatherView::matrix(positions, 64), WgmmaTile::kPositions, {})
            .cluster;
    };
    EXPECT_EQ(cluster(128, 100'000), 1);
    EXPECT_EQ(cluster(256, 100'000), 2);
    EXPECT_EQ(cluster(384, 256), 4);
    EXPECT_EQ(cluster(640, 100'000), 2);  // three blocks of eight would be empty
    EXPECT_EQ(cluster(4096, 4096), 4);    // 128 clusters, 4 rounds, either way
    EXPECT_EQ(cluster(1024, 25088), 2);   // 392 in 6 rounds, 196 in 7
    EXPECT_EQ(cluster(3072, 12608), 4);
}

TEST(GpuWgmmaTile, RefusesWhatTheCopyEngineCannotReach) {
    EXPECT_EQ(WgmmaTile::refusal({64, 1, 64}, GatherView::matrix(100, 64)), nullptr);
    EXPECT_EQ(WgmmaTile::refusal({64, 9, 16}, convolution(2, 7, 16, 3, 1, 1)), nullptr);
    EXPECT_NE(WgmmaTile::refusal({64, 1, 12}, GatherView::matrix(100, 12)), nullptr);
    EXPECT_NE(WgmmaTile::refusal({64, 1, 16}, convolution(2, 18, 16, 1, 9, 0)), nullptr);
    EXPECT_NE(WgmmaTile::refusal({64, 9, 16}, convolution(2, 7, 16, 3, 1, 129)), nullptr);
}
TEST(GpuWgmmaTile, KnowsAMatrix) {
    EXPECT_TRUE(WgmmaTile::is_matrix(GatherView::matrix(100, 64)));
    EXPECT_TRUE(WgmmaTile::is_matrix(convolution(2, 7, 16, 1, 1, 0)));
    EXPECT_FALSE(WgmmaTile::is_matrix(convolution(2, 7, 16, 3, 1, 1)));
    EXPECT_FALSE(WgmmaTile::is_matrix(convolution(2, 8, 16, 1, 2, 0)));
    EXPECT_FALSE(WgmmaTile::is_matrix(phase(2, 48)));
}

TEST(GpuWgmmaTile, MultipliesMatricesOfOddSizes) {
    EmulatedHopper machine;
    expect_wgmma_matrices_of_odd_sizes<WgmmaTile>(machine);
    expect_wgmma_matrices_of_odd_sizes<NarrowWgmmaTile>(machine);
}
TEST(GpuWgmmaTile, GathersConvolutions) {
    EmulatedHopper machine;
    expect_wgmma_convolutions<WgmmaTile>(machine);
    expect_wgmma_convolutions<NarrowWgmmaTile>(machine);
}

// Rounds of an H100's 66 clusters of two or 32 of four.
TEST(GpuWgmmaGrid, NarrowTilesWhereTheyFillTheLastRound) {
    const auto narrow = [](std::int64_t rows, std::int64_t positions) {
        return narrow_may_win({rows, 1, 64}, GatherView::matrix(positions, 64));
    };
    EXPECT_TRUE(narrow(768, 12608));    // 150 clusters of two: 3 rounds; 297: 5 of half the length
    EXPECT_TRUE(narrow(256, 25088));    // 98: 2 rounds; 196: 3
    EXPECT_FALSE(narrow(4096, 4096));   // 4 rounds; 8
    EXPECT_FALSE(narrow(1024, 25088));  // 6 rounds; 12
}

}  // namespace
}  // namespace satsim::gpu::test
