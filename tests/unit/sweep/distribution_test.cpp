// Every point goes to one worker; what shares costs stays together as long as nobody would be idle.
#include "sim/sweep/distribution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <set>

namespace satsim::sweep {
namespace {

// Point i belongs to group i % groups: groups are not what the sweep counts slowest.
std::vector<Kin> kin(std::size_t points, std::size_t groups) {
    std::vector<Kin> all(points);
    for (std::size_t i = 0; i < points; ++i) all[i].timing = {i % groups, 7};
    return all;
}

std::vector<std::size_t> numbers(std::size_t count) {
    std::vector<std::size_t> all(count);
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

struct Played {
    std::vector<std::size_t> order;
    std::map<std::size_t, std::set<std::size_t>> workers_of;  // by group
    std::vector<double> busy;                                 // of each worker, when it was told to leave
};

// Workers that take as long for a point as its group says.
Played play(Distribution distribution, std::size_t groups, unsigned seed) {
    Played played;
    std::mt19937 random(seed);
    std::vector<double> cost(groups);
    for (double& c : cost) c = 1 + static_cast<double>(random() % 4);
    played.busy.assign(distribution.workers(), 0);
    std::set<std::pair<double, std::size_t>> asking;
    for (std::size_t w = 0; w < distribution.workers(); ++w) asking.insert({0, w});
    while (!asking.empty()) {
        const auto [time, worker] = *asking.begin();
        asking.erase(asking.begin());
        played.busy[worker] = time;
        const auto range = distribution.next(worker);
        if (!range) continue;
        double end = time;
        for (const std::size_t point : distribution.points(*range)) {
            played.order.push_back(point);
            played.workers_of[point % groups].insert(worker);
            end += cost[point % groups];
        }
        asking.insert({end, worker});
    }
    return played;
}

TEST(Distribution, EveryPointGoesToOneWorkerWhateverTheirNumberAndPace) {
    std::vector<std::size_t> pending = numbers(500);
    pending.erase(pending.begin() + 7);
    std::vector<Kin> all = kin(500, 12);
    all.erase(all.begin() + 7);
    for (const std::size_t workers : {1U, 2U, 7U, 100U, 1000U}) {
        for (unsigned seed = 0; seed < 5; ++seed) {
            Played done = play(Distribution(all, pending, workers, 8), 12, seed);
            std::sort(done.order.begin(), done.order.end());
            EXPECT_EQ(done.order, pending);
        }
    }
    EXPECT_FALSE(Distribution({}, {}, 2, 8).next(1));
}

TEST(Distribution, AGroupHasOneWorkerUntilGroupsRunOut) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        const Played done = play(Distribution(kin(3600, 40), numbers(3600), 2, 8), 40, seed);
        std::size_t split = 0;
        for (const auto& [group, workers] : done.workers_of) split += workers.size() - 1;
        EXPECT_LE(split, 3U);
        // The first to leave has less than a group of eight times four points to wait for.
        EXPECT_LE(std::abs(done.busy[0] - done.busy[1]), 16 * 4);
    }
}

TEST(Distribution, WorkersShareOneGroup) {
    const Played done = play(Distribution(kin(1000, 1), numbers(1000), 5, 8), 1, 1);
    EXPECT_EQ(done.workers_of.at(0).size(), 5U);
    const auto [first, last] = std::minmax_element(done.busy.begin(), done.busy.end());
    EXPECT_LT(*last - *first, 0.1 * *last);
}

TEST(Distribution, PointsOneByOneLeaveNobodyIdle) {
    Distribution distribution(kin(5, 1), numbers(5), 8, 1);
    std::set<std::size_t> given;
    for (std::size_t worker = 0; worker < 8; ++worker) {
        const auto range = distribution.next(worker);
        ASSERT_EQ(range.has_value(), worker < 5) << worker;
        if (!range) continue;
        EXPECT_EQ(range->size(), 1U);
        given.insert(distribution.points(*range)[0]);
    }
    EXPECT_EQ(given.size(), 5U);
}

TEST(Distribution, MachinesOfAGroupFollowEachOther) {
    std::vector<Kin> all(40);
    for (std::size_t i = 0; i < all.size(); ++i) all[i].hardware = {i % 4, 0};
    const Played done = play(Distribution(all, numbers(40), 1, 8), 1, 0);
    for (std::size_t i = 1; i < done.order.size(); ++i) {
        EXPECT_EQ(done.order[i] % 4 != done.order[i - 1] % 4, i % 10 == 0) << i;
    }
}

}  // namespace
}  // namespace satsim::sweep
