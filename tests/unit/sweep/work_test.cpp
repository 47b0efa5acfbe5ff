// Results do not depend on who evaluates them.
#include "sim/sweep/work.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace satsim::sweep {
namespace {

PointResult figures_of(std::size_t point) {
    PointResult result;
    result.figures.seconds = 1.0 / static_cast<double>(point + 1);
    result.figures.cycles = static_cast<Cycles>(point);
    if (point % 9 == 4) {
        result.status = Status::Impossible;
        result.reason = "because of " + std::to_string(point);
    }
    return result;
}

TEST(Workers, DeliverEveryPointOnceWhateverTheirNumber) {
    std::vector<std::size_t> pending(100);
    std::iota(pending.begin(), pending.end(), 0);
    std::vector<Kin> kin(pending.size());
    for (std::size_t i = 0; i < kin.size(); ++i) kin[i].batch = {i % 7, 0};
    for (const std::size_t workers : {1U, 2U, 5U, 200U}) {
        std::vector<int> seen(pending.size(), 0);
        Distribution distribution(kin, pending, workers, 3);
        evaluate_locally(distribution, figures_of, [&](std::size_t point, const PointResult& result) {
            ++seen[point];
            EXPECT_EQ(result, figures_of(point));
        });
        EXPECT_EQ(seen, std::vector<int>(100, 1));
    }
}

}  // namespace
}  // namespace satsim::sweep
