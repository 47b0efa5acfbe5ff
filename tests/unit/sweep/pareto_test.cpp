// The front against its definition.
#include "runtime/sweep/pareto.hpp"

#include <gtest/gtest.h>

#include <random>

namespace satsim::sweep {
namespace {

bool beats(const Objectives& a, const Objectives& b) {
    bool better = false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] > b[i]) return false;
        if (a[i] < b[i]) better = true;
    }
    return better;
}

TEST(Pareto, SmallCases) {
    EXPECT_TRUE(pareto_front({}).empty());
    EXPECT_EQ(pareto_front({{1, 2}, {2, 1}, {2, 2}, {1, 2}, {0, 9}}), (std::vector<std::size_t>{0, 1, 3, 4}));
}

TEST(Pareto, RandomPointsAgainstAllPairs) {
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
        std::vector<Objectives> points(1 + random() % 40, Objectives(1 + random() % 4));
        for (Objectives& point : points) {
            point.resize(points.front().size());
            for (double& value : point) value = static_cast<double>(random() % 6);
        }
        std::vector<std::size_t> expected;
        for (std::size_t i = 0; i < points.size(); ++i) {
            bool beaten = false;
            for (const Objectives& other : points) beaten = beaten || beats(other, points[i]);
            if (!beaten) expected.push_back(i);
        }
        EXPECT_EQ(pareto_front(points), expected);
    }
}

}  // namespace
}  // namespace satsim::sweep
