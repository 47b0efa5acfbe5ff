#include "runtime/schedule/tile_pipeline.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>

namespace satsim::schedule {
namespace {

dram::MemoryConfig ideal() {
    dram::MemoryConfig memory;
    memory.kind = dram::MemoryKind::Ideal;
    return memory;
}

constexpr TilePipeline::Frees kBoth{.west = true, .north = true};

// A tile of one chunk, B streamed.
void tile(TilePipeline& pipeline, double load, double compute, double drain = 0, double store = 0) {
    pipeline.load_west({load, 0, 0});
    pipeline.load_north({0, 0, 0});
    pipeline.compute(compute, kBoth, 0);
    pipeline.store(drain, {store, 0, 0});
}

double tiles(std::int64_t count, const TilePipeline::Buffers& buffers, double load, double compute,
             double drain = 0, double store = 0) {
    TilePipeline pipeline(buffers, {}, ideal());
    pipeline.repeat(count, [&] { tile(pipeline, load, compute, drain, store); });
    return pipeline.end();
}

TEST(TilePipeline, OneTileIsTheSumOfItsParts) {
    const double latency = 2 * round_trip(ideal());  // of the load and of the last store
    EXPECT_DOUBLE_EQ(tiles(1, {}, 100, 50, 7, 3), latency + 160);
}

TEST(TilePipeline, TheSlowestEngineSetsThePace) {
    const auto pace = [](double load, double compute, double drain, double store) {
        const TilePipeline::Buffers buffers{.results = 4};
        return (tiles(1000, buffers, load, compute, drain, store) -
                tiles(500, buffers, load, compute, drain, store)) /
               500;
    };
    EXPECT_DOUBLE_EQ(pace(10, 90, 20, 30), 90);
    EXPECT_DOUBLE_EQ(pace(120, 90, 20, 30), 120);
    EXPECT_DOUBLE_EQ(pace(10, 50, 70, 30), 70);
    EXPECT_DOUBLE_EQ(pace(10, 50, 20, 80), 80);
}

TEST(TilePipeline, OnePartOfABufferIsFilledOrRead) {
    const double two = tiles(101, {.west = 2}, 40, 50) - tiles(1, {.west = 2}, 40, 50);
    const double one = tiles(101, {.west = 1}, 40, 50) - tiles(1, {.west = 1}, 40, 50);
    EXPECT_DOUBLE_EQ(two, 100 * 50);
    EXPECT_DOUBLE_EQ(one, 100 * (40 + 50 + round_trip(ideal())));
}

// Where STCE runs ahead into many tiles of results, the pace is STORE's nonetheless.
TEST(TilePipeline, RoomForResultsHidesNothingForEver) {
    const TilePipeline::Buffers buffers{.results = 16};
    EXPECT_NEAR(tiles(10'000, buffers, 10, 20, 0, 100), 1e6, 1e3);
}

// Accumulators have two banks: a tile begins when the one before the last has drained, whatever room there is
// for results. Tiles of 384 and 192 cycles, which drain in 512 and 256: the second computes beside the first
// drain, the first beside the second's.
TEST(TilePipeline, ATileWaitsForAllDrainsButTheLatest) {
    const auto pace = [](std::optional<double> leaving) {
        const auto end = [&](std::int64_t count) {
            TilePipeline pipeline({.results = 16}, {.results = 70, .leaving = leaving}, ideal());
            pipeline.repeat(count, [&] {
                tile(pipeline, 1, 384, 512, 1);
                tile(pipeline, 1, 192, 256, 1);
            });
            return pipeline.end();
        };
        return (end(400) - end(200)) / 200;
    };
    EXPECT_DOUBLE_EQ(pace(std::nullopt), 512 + 256);
    EXPECT_DOUBLE_EQ(pace(70), 512 + 384);
}

TEST(TilePipeline, LinesOfBothDirectionsShareTheBusButOfIdealMemory) {
    const auto end = [](const dram::MemoryConfig& memory) {
        TilePipeline pipeline({}, {}, memory);
        pipeline.repeat(1000, [&] {
            pipeline.load_west({10, 60, 0});
            pipeline.load_north({10, 20, 0});
            pipeline.compute(30, kBoth, 0);
            pipeline.store(0, {10, 40, 0});
        });
        return pipeline.end();
    };
    const dram::MemoryConfig ddr4;
    EXPECT_NEAR(end(ddr4), 1000 * 120 / refresh_share(ddr4), 200);
    EXPECT_NEAR(end(ideal()), 1000 * 80, 200);
}

// W bursts after R others: as many as W R / (W + R) turn the bus around.
TEST(TilePipeline, WritesThatComeAfterReadsTurnTheBusAround) {
    const dram::MemoryConfig ddr4;
    const auto pace = [&](double read_bursts, double write_bursts) {
        const auto end = [&](std::int64_t count) {
            TilePipeline pipeline({}, {}, ddr4);
            pipeline.repeat(count, [&] {
                pipeline.load_west({10, 60, read_bursts});
                pipeline.load_north({0, 0, 0});
                pipeline.compute(30, kBoth, 0);
                pipeline.store(0, {10, 40, write_bursts});
            });
            return pipeline.end();
        };
        return (end(1000) - end(500)) / 500;
    };
    const double share = refresh_share(ddr4);
    EXPECT_DOUBLE_EQ(pace(0, 0), 100 / share);
    EXPECT_DOUBLE_EQ(pace(0, 8), 100 / share);
    EXPECT_DOUBLE_EQ(pace(4, 4), (100 + 2 * turnaround(ddr4)) / share);
    EXPECT_DOUBLE_EQ(pace(24, 8), (100 + 6 * turnaround(ddr4)) / share);
}

// The rows of a strip have its reads between them: so many turns come after as after one row.
TEST(TilePipeline, StoresThatShareReadsShareTheirTurns) {
    const dram::MemoryConfig ddr4;
    const auto end = [&](int rows) {
        TilePipeline pipeline({}, {}, ddr4);
        for (int strip = 0; strip < 100; ++strip) {
            pipeline.load_west({10, 60, 8});
            pipeline.load_north({0, 0, 0});
            for (int left = rows; left > 0; --left) {
                pipeline.compute(1, {.west = left == 1, .north = left == 1}, 0);
                pipeline.store(0, {1, 40.0 / rows, 8.0 / rows}, left);
            }
        }
        return pipeline.end();
    };
    EXPECT_NEAR(end(4), end(1), 50);
}

// Many chunks of K, then a store: what was read in those that are left out comes before it too, and STORE has
// long stored the tile before by then.
TEST(TilePipeline, ChunksThatAreLeftOutCountBeforeTheStore) {
    const dram::MemoryConfig ddr4;
    const auto end = [&](double load_lines, double compute, double store_lines, bool leave_out) {
        TilePipeline pipeline({}, {.operands = 5, .results = 70}, ddr4);
        for (int tiles = 0; tiles < 20; ++tiles) {
            const auto chunk = [&](std::optional<std::size_t> results) {
                pipeline.load_west({10, load_lines, 3});
                pipeline.load_north({10, load_lines, 2});
                pipeline.compute(compute, kBoth, results);
            };
            if (leave_out) {
                pipeline.repeat(99, [&] { chunk({}); });
            } else {
                for (int i = 0; i < 99; ++i) chunk({});
            }
            chunk(0);
            pipeline.store(20, {50, store_lines, 80});
        }
        return pipeline.end();
    };
    EXPECT_NEAR(end(20, 10, 400, true), end(20, 10, 400, false), 0.005 * end(20, 10, 400, false));
    EXPECT_NEAR(end(5, 30, 400, true), end(5, 30, 400, false), 0.005 * end(5, 30, 400, false));
    // As long as eighty chunks, hidden by the hundred of the next tile.
    EXPECT_NEAR(end(5, 30, 2400, true), end(5, 30, 2400, false), 0.005 * end(5, 30, 2400, false));
}

// A pass of one panel (WS) goes on with its partial sums when they are done; of two, one works meanwhile.
TEST(TilePipeline, SumsThatGoOnWaitForWhatIsThere) {
    const TilePipeline::Timing timing{.feed = 40, .results = 100};
    const auto pace = [&](std::size_t panels) {
        const auto end = [&](std::int64_t passes) {
            TilePipeline pipeline({.results = static_cast<int>(2 * panels)}, timing, ideal());
            pipeline.repeat(passes, [&] {
                pipeline.load_west({1, 0, 0});
                for (std::size_t panel = 0; panel < panels; ++panel) {
                    pipeline.load_north({1, 0, 0});
                    pipeline.compute(80, {.west = panel + 1 == panels, .north = true}, panel);
                }
            });
            return pipeline.end();
        };
        return (end(100) - end(50)) / 50;
    };
    EXPECT_DOUBLE_EQ(pace(1), 80 + 100 + 40);
    EXPECT_DOUBLE_EQ(pace(3), 3 * (80 + 40 - 1));  // operands are taken a cycle before the last step begins
}

// Operands are taken once the last step has begun, and no earlier.
TEST(TilePipeline, OperandsAreTakenWhenTheLastStepHasBegun) {
    const auto pace = [](double last_step) {
        const auto end = [&](std::int64_t count) {
            TilePipeline pipeline({}, {.feed = 33, .last_step = last_step}, ideal());
            pipeline.repeat(count, [&] {
                pipeline.load_west({1, 0, 0});
                pipeline.load_north({1, 0, 0});
                pipeline.compute(100, kBoth, {});
            });
            return pipeline.end();
        };
        return (end(100) - end(50)) / 50;
    };
    EXPECT_DOUBLE_EQ(pace(8), 100 - 8 + 32);
    EXPECT_DOUBLE_EQ(pace(32), 100);
    EXPECT_DOUBLE_EQ(pace(64), 100);
}

// What is left out of a repetition took as long as it does when it is followed.
TEST(TilePipeline, RepetitionsThatAreLeftOutTakeTheirTime) {
    std::mt19937 rng(7);
    std::uniform_real_distribution<double> cycles(1, 100);
    for (int round = 0; round < 200; ++round) {
        const TilePipeline::Buffers buffers{.west = 1 + round % 2, .north = 1 + round / 2 % 2, .results = 2};
        const double load = cycles(rng);
        const double compute = cycles(rng);
        const double drain = cycles(rng);
        const double store = cycles(rng);
        TilePipeline followed(buffers, {}, ideal());
        for (int i = 0; i < 60; ++i) tile(followed, load, compute, drain, store);
        EXPECT_NEAR(tiles(60, buffers, load, compute, drain, store), followed.end(), 0.02 * followed.end());
    }
}

}  // namespace
}  // namespace satsim::schedule
