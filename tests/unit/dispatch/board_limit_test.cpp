// The power limit of a board over a whole step.
#include "runtime/dispatch/board_limit.hpp"

#include <gtest/gtest.h>

namespace satsim {
namespace {

std::vector<TaskResult> results_of(std::initializer_list<std::pair<double, double>> seconds_and_joules) {
    std::vector<TaskResult> results;
    for (const auto& [seconds, joules] : seconds_and_joules) {
        TaskResult result;
        result.seconds = seconds;
        result.energy_j = joules;
        results.push_back(result);
    }
    return results;
}
double mean_watts(const std::vector<TaskResult>& results) {
    double seconds = 0;
    double joules = 0;
    for (const TaskResult& r : results) {
        seconds += r.seconds;
        joules += r.energy_j;
    }
    return joules / seconds;
}

// A piece above the limit beside one below it: the step as a whole is what counts.
TEST(BoardLimit, LeavesAStepBelowItAsItIs) {
    auto results = results_of({{1, 900}, {1, 400}, {0, 0}});
    EXPECT_EQ(hold_to_limit(700, 100, results), 1);
    EXPECT_EQ(results[0].seconds, 1);
    EXPECT_EQ(results[0].energy_j, 900);
}

TEST(BoardLimit, StretchesAStepAboveItToTheLimit) {
    for (const double running : {0.0, 150.0}) {
        auto results = results_of({{1, 900}, {2, 1400}, {0.5, 500}});  // 800 W
        const double factor = hold_to_limit(700, running, results);
        EXPECT_NEAR(factor, (2800 - running * 3.5) / ((700 - running) * 3.5), 1e-12);
        EXPECT_NEAR(mean_watts(results), 700, 1e-9);
        EXPECT_NEAR(results[1].seconds, 2 * factor, 1e-12);
        EXPECT_NEAR(results[1].energy_j, 1400 + running * 2 * (factor - 1), 1e-9);
        EXPECT_NEAR(hold_to_limit(700, running, results), 1, 1e-12);
    }
}

TEST(BoardLimit, StretchesWhatTasksTakeApartAlike) {
    auto results = results_of({{1, 900}});
    results[0].apart = std::make_shared<const TaskResult>(results_of({{3, 600}})[0]);
    const double factor = hold_to_limit(700, 150, results);
    EXPECT_NEAR(results[0].apart->seconds, 3 * factor, 1e-12);
    EXPECT_NEAR(results[0].apart->energy_j, 600 + 150 * 3 * (factor - 1), 1e-9);
}

TEST(BoardLimit, NeedsALimit) {
    auto results = results_of({{1, 900}});
    EXPECT_EQ(hold_to_limit(0, 0, results), 1);
    EXPECT_EQ(results[0].seconds, 1);
}

}  // namespace
}  // namespace satsim
