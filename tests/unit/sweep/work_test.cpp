// Batches hold every point once; results do not depend on who evaluates them.
#include "sim/sweep/work.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace satsim::sweep {
namespace {

std::vector<PointKey> keys(std::size_t machines, std::size_t each) {
    std::vector<PointKey> all;
    for (std::size_t i = 0; i < machines * each; ++i) {
        PointKey& key = all.emplace_back();
        key.hardware = {i % machines, 0};  // the machine is not what the sweep counts slowest
        key.recipe = {i, 1};
    }
    return all;
}

TEST(Batches, HoldEveryPendingPointOnceAndMachinesTogether) {
    std::vector<std::size_t> pending(5 * 40);
    std::iota(pending.begin(), pending.end(), 0);
    pending.erase(pending.begin() + 7);
    for (const int workers : {1, 2, 7, 100}) {
        std::vector<std::size_t> order;
        for (const Batch& batch : make_batches(keys(5, 40), pending, workers)) {
            EXPECT_FALSE(batch.empty());
            order.insert(order.end(), batch.begin(), batch.end());
        }
        int changes = 0;
        for (std::size_t i = 1; i < order.size(); ++i) changes += order[i] % 5 != order[i - 1] % 5 ? 1 : 0;
        EXPECT_EQ(changes, 4);
        std::sort(order.begin(), order.end());
        EXPECT_EQ(order, pending);
    }
    EXPECT_TRUE(make_batches(keys(5, 40), {}, 2).empty());
}

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
    for (const int workers : {1, 2, 5}) {
        std::vector<int> seen(pending.size(), 0);
        evaluate_locally(make_batches(keys(10, 10), pending, workers), workers, figures_of,
                         [&](std::size_t point, const PointResult& result) {
                             ++seen[point];
                             EXPECT_EQ(result, figures_of(point));
                         });
        EXPECT_EQ(seen, std::vector<int>(100, 1));
    }
}

}  // namespace
}  // namespace satsim::sweep
