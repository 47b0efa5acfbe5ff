#include "runtime/schedule/tile_pipeline.hpp"

#include <gtest/gtest.h>

#include <random>

namespace satsim::schedule {
namespace {

dram::MemoryConfig ideal() {
    dram::MemoryConfig memory;
    memory.kind = dram::MemoryKind::Ideal;
    return memory;
}

// A tile of one chunk, B streamed.
void tile(TilePipeline& pipeline, double load, double compute, double drain = 0, double store = 0) {
    pipeline.load_west({load, 0, 0});
    pipeline.load_north({0, 0, 0});
    pipeline.compute(compute, {.west = true, .north = true}, true);
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

TEST(TilePipeline, LinesOfBothDirectionsShareTheBus) {
    TilePipeline pipeline({}, {}, ideal());
    pipeline.repeat(1000, [&] {
        pipeline.load_west({10, 60, 4});
        pipeline.load_north({10, 20, 2});
        pipeline.compute(30, {.west = true, .north = true}, true);
        pipeline.store(0, {10, 40, 3});
    });
    EXPECT_NEAR(pipeline.end(), 1000 * 120, 200);
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
