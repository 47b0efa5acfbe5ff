// Points are kin when their machines time programs alike; only then do they share costs.
#include "sim/sweep/kin.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sweep/documents.hpp"

namespace satsim::sweep {
namespace {

TEST(KinOf, MachinesThatTimeProgramsAlike) {
    const SweepFile sweep = test::sweep_of(R"("method": "list", "points": [
        {}, {"/hardware/array/max_m": 16}, {"/hardware/array/north_value_lines": 256},
        {"/hardware/memory/channels": 2}, {"/hardware/clock_hz": 300000000},
        {"/hardware/array/rows": 5}, {"/hardware/array/rows": 6}, {"/batch": 4}])");
    Configurations configurations(sweep, test::load);
    const std::vector<Choice> choices = points_of(sweep);
    std::vector<PointKey> keys;
    for (const Choice& choice : choices) keys.push_back(configurations.key(choice));
    const std::vector<Kin> kin = kin_of(configurations, choices, keys, {0, 1, 2, 3, 4, 5, 6, 7});
    ASSERT_EQ(kin.size(), 8U);
    for (const std::size_t same : {1U, 2U, 7U}) EXPECT_EQ(kin[same].timing, kin[0].timing) << same;
    for (const std::size_t other : {3U, 4U, 5U}) EXPECT_NE(kin[other].timing, kin[0].timing) << other;
    EXPECT_NE(kin[3].timing, kin[4].timing);
    EXPECT_EQ(kin[5].timing, kin[6].timing);  // neither can be built
    EXPECT_NE(kin[1].hardware, kin[0].hardware);
    EXPECT_NE(kin[7].batch, kin[0].batch);
    EXPECT_EQ(kin_of(configurations, choices, keys, {4}).front().timing, kin[4].timing);
}

}  // namespace
}  // namespace satsim::sweep
