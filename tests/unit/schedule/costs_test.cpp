// Costs of operations in closed form, against counting what the contract says piece by piece.
#include "runtime/schedule/costs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace satsim::schedule {
namespace {

// Runs at all offsets in a line that multiples of the pitch and of the base's step come to, equally often.
TEST(TransferCost, PiecesAreTheMeanOverWhereRunsBegin) {
    std::mt19937 rng(3);
    const auto words = [&](int most) { return 8 * (1 + static_cast<std::int64_t>(rng() % most)); };
    for (int round = 0; round < 2000; ++round) {
        isa::ArrayConfig array;
        array.channels = 1 << rng() % 3;
        const std::int64_t line = array.line_bytes();
        const std::int64_t pitch = words(80);
        const std::int64_t base_step = round % 3 == 0 ? 0 : words(80);
        const std::int64_t bytes = words(120);
        std::int64_t pieces = 0;
        std::int64_t runs = 0;
        for (std::int64_t base = 0; base < line; ++base) {
            for (std::int64_t run = 0; run < line; ++run, ++runs) {
                const std::int64_t at = (base * base_step + run * pitch) % line;
                pieces += ceil_div(at + bytes, line);
            }
        }
        const double mean = static_cast<double>(pieces) / static_cast<double>(runs);
        EXPECT_NEAR(
            transfer_cost(100, static_cast<double>(bytes), static_cast<double>(pitch), array, base_step)
                .pieces,
            100 * mean, 1e-6 * mean)
            << bytes << " at " << pitch << ", base " << base_step << ", line " << line;
    }
}

// Neighbouring runs share lines, and bursts hold those together between which no line is left out.
TEST(TransferCost, LinesAndBurstsAreThoseOfAWalk) {
    std::mt19937 rng(5);
    for (int round = 0; round < 1000; ++round) {
        isa::ArrayConfig array;
        array.channels = 1 << rng() % 3;
        const std::int64_t line = array.line_bytes();
        const std::int64_t bytes = 8 * (1 + static_cast<std::int64_t>(rng() % 60));
        const std::int64_t pitch = bytes + 8 * static_cast<std::int64_t>(rng() % 100);
        const std::int64_t runs = 4096;
        std::int64_t last = -2;
        std::int64_t lines = 0;
        std::int64_t ended = 0;
        for (std::int64_t run = 0; run < runs; ++run) {
            const std::int64_t first = run * pitch / line;
            ended += first > last + 1 ? 1 : 0;
            const std::int64_t next = (run * pitch + bytes - 1) / line;
            lines += next - std::max(first, last + 1) + 1;
            last = next;
        }
        const TransferCost cost = transfer_cost(static_cast<double>(runs), static_cast<double>(bytes),
                                                static_cast<double>(pitch), array);
        EXPECT_NEAR(cost.lines, static_cast<double>(lines), 1) << bytes << " at " << pitch;
        EXPECT_NEAR(cost.bursts,
                    std::max({static_cast<double>(ended), cost.lines / array.burst_lines,
                              cost.pieces * 2 / array.piece_fifo}),
                    2)
            << bytes << " at " << pitch;
    }
}

// Rows that follow each other are loaded as one run, line by line.
TEST(MatrixCost, WholeRowsAreOneRun) {
    const isa::ArrayConfig array;
    const TransferCost whole = matrix_cost(512, 64, 64, array);
    EXPECT_DOUBLE_EQ(whole.pieces, 512.0 * 64 / array.line_bytes());
    EXPECT_DOUBLE_EQ(whole.lines, whole.pieces);
    EXPECT_DOUBLE_EQ(whole.bursts, whole.lines / array.burst_lines);
    const TransferCost part = matrix_cost(512, 64, 128, array);
    EXPECT_DOUBLE_EQ(part.pieces, 512);
    EXPECT_NEAR(part.lines, 512.0 * 128 / array.line_bytes(), 1);
}

// A 3x3 kernel with padding on a map of 4 rows: its first row of taps reads 3 of them.
TEST(GatherCost, PaddingMovesNoLines) {
    const isa::ArrayConfig array;
    Gather gather;
    gather.grid_h = gather.in_h = 4;
    gather.grid_w = gather.in_w = 8;
    gather.channels = 128;
    gather.taps = {{-1, 0, 0}, {0, 0, 1}, {1, 0, 2}};
    const auto lines = [&](int tap) { return gather_cost(gather, tap, 32, 256, 256, array).lines; };
    EXPECT_DOUBLE_EQ(lines(0), 24);
    EXPECT_DOUBLE_EQ(lines(1), 32);
    EXPECT_DOUBLE_EQ(lines(2), 24);
    EXPECT_DOUBLE_EQ(gather_cost(gather, 0, 32, 256, 256, array).pieces, 32);  // zeros are written too
}

}  // namespace
}  // namespace satsim::schedule
