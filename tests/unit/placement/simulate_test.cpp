#include "runtime/placement/simulate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "random_problem.hpp"
#include "runtime/placement/lower_bound.hpp"
#include "runtime/placement/search.hpp"

namespace satsim::placement {
namespace {

Problem two_nodes(Bytes bytes) {
    Problem problem;
    problem.graph.loops = {{1}};
    problem.graph.nodes.resize(2);
    problem.graph.tensors = {{"t", 0, bytes, {{1, Turns::Same}}, false}};
    problem.machines = {{"host", 1, 0, 0, 0, 0}, {"card", 10, 0, 100, 0.5, 0.25}};
    problem.seconds = {{1, 2}, {3, 4}};
    problem.joules = {{7, 11}, {13, 17}};
    problem.transfer_watts = 2;
    return problem;
}

TEST(Simulate, AddsUpAChainByHand) {
    const Problem problem = two_nodes(200);
    const Expansion expansion(problem.graph, Length::Whole);
    // On one machine: no transfer, no idle time.
    const Outcome same = simulate(problem, expansion, {0, 0});
    EXPECT_DOUBLE_EQ(same.seconds, 4);
    EXPECT_DOUBLE_EQ(same.joules, 20);
    // 200 bytes at 100 byte/s after half a second: 2.5 s, 200 * 0.25 J and 2 W.
    const Outcome split = simulate(problem, expansion, {0, 1}, true);
    EXPECT_DOUBLE_EQ(split.seconds, 1 + 2.5 + 4);
    EXPECT_DOUBLE_EQ(split.transfer_joules, 50 + 5);
    EXPECT_DOUBLE_EQ(split.idle_joules, 1 * 6.5 + 10 * 3.5);
    EXPECT_DOUBLE_EQ(split.joules, 7 + 17 + 55 + 41.5);
    ASSERT_EQ(split.transfers.size(), 1U);
    EXPECT_DOUBLE_EQ(split.transfers[0].start, 1);
    EXPECT_EQ(split.moved, 200);
}

TEST(Simulate, AMachineWorksWhileAnotherDoes) {
    Problem problem = two_nodes(0);
    problem.graph.tensors.clear();
    const Expansion expansion(problem.graph, Length::Whole);
    EXPECT_DOUBLE_EQ(simulate(problem, expansion, {0, 1}).seconds, 4);
    EXPECT_DOUBLE_EQ(simulate(problem, expansion, {1, 1}).seconds, 6);
}

TEST(Simulate, ATensorMovesOnceForAllItsReaders) {
    Problem problem = two_nodes(100);
    problem.graph.nodes.resize(3);
    problem.graph.tensors[0].uses.push_back({2, Turns::Same});
    problem.seconds.push_back({1, 1});
    problem.joules.push_back({1, 1});
    const Expansion expansion(problem.graph, Length::Whole);
    const Outcome outcome = simulate(problem, expansion, {0, 1, 1});
    EXPECT_EQ(outcome.moved, 100);
    EXPECT_DOUBLE_EQ(outcome.seconds, 1 + 1.5 + 4 + 1);
}

// Two nodes that hand a tensor round a loop of five turns, and a node behind it.
Problem looped() {
    Problem problem;
    problem.graph.loops = {{5}, {1}};
    problem.graph.nodes.resize(3);
    problem.graph.nodes[2].loop = 1;
    problem.graph.tensors = {{"a", 0, 100, {{1, Turns::Same}}, false},
                             {"b", 1, 100, {{0, Turns::Next}, {2, Turns::First}}, false}};
    problem.machines = {{"host", 0, 0, 0, 0, 0}, {"card", 0, 0, 100, 0, 0}};
    problem.seconds = {{1, 1}, {1, 1}, {1, 1}};
    problem.joules = {{1, 1}, {1, 1}, {1, 1}};
    return problem;
}

TEST(Simulate, TurnsOfALoopFollowEachOther) {
    const Problem problem = looped();
    const Expansion whole(problem.graph, Length::Whole);
    const Expansion less(problem.graph, Length::Short);
    EXPECT_EQ(whole.runs().size(), 11U);
    EXPECT_EQ(less.runs().size(), 7U);
    for (const Expansion* expansion : {&whole, &less}) {
        EXPECT_DOUBLE_EQ(simulate(problem, *expansion, {0, 0, 0}).seconds, 11);
        // Five tensors there, four back inside the loop and one at its end.
        EXPECT_DOUBLE_EQ(simulate(problem, *expansion, {0, 1, 0}).seconds, 11 + 5 + 5);
        EXPECT_EQ(simulate(problem, *expansion, {0, 1, 0}).moved, 1000);
    }
}

TEST(Simulate, MicroBatchesFillAPipeline) {
    Problem problem = looped();
    problem.graph.loops = {{1}, {1}};
    problem.graph.micro_batches = 4;
    problem.graph.tensors = {{"a", 0, 0, {{1, Turns::Same}}, false}, {"b", 1, 0, {{2, Turns::Same}}, false}};
    const Expansion expansion(problem.graph, Length::Whole);
    EXPECT_DOUBLE_EQ(simulate(problem, expansion, {0, 0, 0}).seconds, 12);
    // Two machines, two micro-batches under way: the second stage never waits after the first node.
    EXPECT_DOUBLE_EQ(simulate(problem, expansion, {0, 1, 1}).seconds, 9);
}

Assignment random_assignment(const Problem& problem, std::mt19937_64& random) {
    Assignment assignment(problem.graph.nodes.size());
    for (std::size_t n = 0; n < assignment.size(); ++n) {
        do assignment[n] = static_cast<int>(random() % problem.machines.size());
        while (!problem.can_run(static_cast<int>(n), assignment[n]));
    }
    return assignment;
}

// Graphs with loops, shortened or not, and micro-batches too.
TEST(Simulate, GivesUpOnlyWhatTakesLongerThanTheLimit) {
    std::mt19937_64 random(11);
    int given_up = 0;
    for (std::uint64_t seed = 0; seed < 600; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Problem problem = seed % 3 == 0 ? looped() : random_problem({.nodes = 12, .machines = 3}, seed);
        problem.graph.micro_batches = 1 + static_cast<std::int64_t>(seed % 4);
        for (std::vector<double>& node : problem.seconds)
            for (double& each : node) each *= 1 + static_cast<double>(random() % 1000) / 999;
        const Expansion expansion(problem.graph, seed % 2 == 0 ? Length::Whole : Length::Short);
        const Assignment assignment = random_assignment(problem, random);
        const Outcome outcome = simulate(problem, expansion, assignment);
        const std::vector<double> after = least_after(problem, expansion);
        for (const Objective objective : {Objective::Time, Objective::Energy, Objective::EnergyDelay}) {
            const double value = outcome.value(objective);
            for (const double share : {0.1, 0.5, 0.9, 0.999, 1.0, 1.001, 2.0}) {
                const double limited =
                    simulate_value(problem, expansion, assignment, objective, share * value, after);
                EXPECT_TRUE(limited == value || (share < 1 && limited == kCannot));
                given_up += limited == kCannot ? 1 : 0;
            }
            EXPECT_EQ(simulate_value(problem, expansion, assignment, objective, 0, after), kCannot);
        }
    }
    EXPECT_GT(given_up, 3000);
}

TEST(Scorer, TellsWhatIsBetterAsTheWholeScoreDoes) {
    std::mt19937_64 random(12);
    int better = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Problem problem = random_problem({.nodes = 10, .machines = 3}, seed);
        // Some placements do not fit, by different amounts.
        if (seed % 2 == 0) problem.excess = [](const Assignment& a) { return Bytes{a[0]} * Bytes{a[1]}; };
        for (const Objective objective : {Objective::Time, Objective::Energy, Objective::EnergyDelay}) {
            const Scorer scorer(problem, Length::Short, objective);
            const Assignment one = random_assignment(problem, random);
            const Score best = scorer.score(random_assignment(problem, random));
            const Score whole = scorer.score(one);
            const Score quick = scorer.score_if_better(one, best);
            EXPECT_EQ(quick < best, whole < best);
            EXPECT_TRUE(!(whole < best) || quick == whole);
            better += whole < best ? 1 : 0;
        }
    }
    EXPECT_GT(better, 300);
    EXPECT_LT(better, 600);
}

// Events keep the rules, whatever the placement.
TEST(Simulate, RandomPlacementsKeepTheRules) {
    std::mt19937_64 random(7);
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const Problem problem = random_problem({.nodes = 12, .machines = 3}, seed);
        const Expansion expansion(problem.graph, Length::Whole);
        const Assignment assignment = random_assignment(problem, random);
        const Outcome outcome = simulate(problem, expansion, assignment, true);
        ASSERT_EQ(outcome.nodes.size(), problem.graph.nodes.size());
        std::map<int, NodeEvent> of;
        std::map<int, double> machine_free;
        std::vector<NodeEvent> in_time = outcome.nodes;
        std::sort(in_time.begin(), in_time.end(),
                  [](const NodeEvent& a, const NodeEvent& b) { return a.start < b.start; });
        for (const NodeEvent& event : in_time) {
            of[event.run] = event;
            EXPECT_GE(event.start, machine_free[event.machine]);
            machine_free[event.machine] = event.end;
        }
        for (const Tensor& tensor : problem.graph.tensors) {
            for (const Use& use : tensor.uses) {
                double there = of[tensor.producer].end;
                const int from = assignment[static_cast<std::size_t>(tensor.producer)];
                const int to = assignment[static_cast<std::size_t>(use.node)];
                if (!share_memory(problem, from, to))
                    there += passage(problem, tensor.bytes, from, to).seconds;
                EXPECT_GE(of[use.node].start, there - 1e-12);
            }
        }
        const LowerBound bound = lower_bound(problem, expansion);
        EXPECT_LE(bound.seconds(), outcome.seconds * (1 + 1e-12));
        EXPECT_LE(bound.joules, outcome.joules * (1 + 1e-12));
    }
}

TEST(LowerBound, SharesIndependentWorkOut) {
    // Two machines, each twice as fast at its own half: 2 s of work for each where it is fast.
    EXPECT_NEAR(shared_load({{1, 2}, {1, 2}, {2, 1}, {2, 1}}), 2, 0.05);
    // One of three machines can do it at all.
    EXPECT_NEAR(shared_load({{kCannot, 3, kCannot}}), 3, 0.2);
    // Equal machines: the average.
    EXPECT_NEAR(shared_load({{3, 3, 3}, {6, 6, 6}}), 3, 1e-9);
}

}  // namespace
}  // namespace satsim::placement
