// Points of a sweep: what they share changes no figure, and impossible ones say why.
#include "sim/sweep/evaluator.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sweep/documents.hpp"

namespace satsim::sweep {
namespace {

using test::sweep_of;

TEST(Evaluator, WhatPointsShareChangesNoFigure) {
    // Machines whose programs are alike (max_m, clock), that have the same tasks (recipes) or nothing in
    // common.
    const SweepFile sweep = sweep_of(R"("method": "random", "samples": 60, "seed": 4, "fields": [
        {"set": ["/hardware/array/rows", "/hardware/array/columns"], "values": [4, 8, 16]},
        {"set": "/hardware/memory/channels", "values": [1, 2, 4]},
        {"set": "/hardware/memory/kind", "values": ["ddr4", "ideal"]},
        {"set": "/hardware/clock_hz", "values": [150000000, 200000000, 300000000]},
        {"set": "/hardware/array/max_m", "values": [8, 16]},
        {"set": "/hardware/array/north_value_lines", "values": [256, 1024]},
        {"set": "/hardware/energy/events/fp32_add/value", "values": [1e-12, 2e-12]},
        {"set": "/batch", "values": [1, 8, 32]},
        {"set": "/recipe", "values": ["dense", "bdwp-2:8", "sr-ste-1:4", "sdgp-2:8"]},
        {"set": "/recipe/optimizer", "values": ["sgd", "adam"]},
        {"set": "/schedule/dataflow", "values": ["auto", "os", "ws"]},
        {"set": "/schedule/interleave", "values": [true, false]},
        {"set": "/schedule/pregeneration", "values": [true, false]}])");
    Configurations configurations(sweep, test::load);
    Evaluator sharing(sat::Fidelity::Fast);
    Evaluator alone(sat::Fidelity::Fast, Sharing::Nothing);
    int done = 0;
    for (const Choice& choice : points_of(sweep)) {
        const PointResult expected = alone.evaluate(configurations, choice);
        const PointResult result = sharing.evaluate(configurations, choice);
        EXPECT_EQ(result.status, expected.status);
        EXPECT_EQ(result.reason, expected.reason);
        EXPECT_EQ(result.figures, expected.figures);
        EXPECT_NE(result.status, Status::Fault) << result.reason;
        done += result.status == Status::Done ? 1 : 0;
    }
    EXPECT_GT(done, 40);
}

TEST(Evaluator, CycleIsAnotherFidelityOfTheSamePoint) {
    const SweepFile sweep = sweep_of(R"("method": "list", "points": [{}])");
    Configurations configurations(sweep, test::load);
    const PointResult cycle =
        Evaluator(sat::Fidelity::Cycle).evaluate(configurations, points_of(sweep).front());
    const PointResult fast =
        Evaluator(sat::Fidelity::Fast).evaluate(configurations, points_of(sweep).front());
    ASSERT_EQ(cycle.status, Status::Done) << cycle.reason;
    ASSERT_EQ(fast.status, Status::Done) << fast.reason;
    EXPECT_NEAR(cycle.figures.gemm_s, fast.figures.gemm_s, 0.05 * cycle.figures.gemm_s);
    EXPECT_NE(cycle.figures, fast.figures);
}

TEST(Evaluator, ImpossiblePointsSayWhy) {
    const SweepFile sweep = sweep_of(R"("method": "list", "points": [
        {"/hardware/array/rows": 6}, {"/batch": 1024, "/hardware/memory/capacity/value": 1000000}, {"/recipe/nm": "2:16"}, {"/recipe/dense_layers": ["none"]}])");
    Configurations configurations(sweep, test::load);
    Evaluator evaluator(sat::Fidelity::Fast);
    const std::vector<std::string> reasons{"rows is 6", "accelerator memory", "built for M <= 8",
                                           "names \"none\""};
    const std::vector<Choice> points = points_of(sweep);
    for (std::size_t i = 0; i < points.size(); ++i) {
        const PointResult result = evaluator.evaluate(configurations, points[i]);
        EXPECT_EQ(result.status, Status::Impossible);
        EXPECT_NE(result.reason.find(reasons[i]), std::string::npos) << result.reason;
        EXPECT_EQ(result.reason.find('\n'), std::string::npos);
    }
}

}  // namespace
}  // namespace satsim::sweep
