#include "runtime/placement/search.hpp"

#include <gtest/gtest.h>

#include "random_problem.hpp"
#include "runtime/placement/carry_over.hpp"
#include "runtime/placement/lower_bound.hpp"
#include "runtime/placement/place.hpp"

namespace satsim::placement {
namespace {

constexpr std::int64_t kEverything = 1'000'000;

double best_value(const Scorer& scorer) {
    return scorer.score(*search_exhaustively(scorer, kEverything)).value;
}

TEST(Search, ShortestPathEqualsExhaustiveSearchOnChains) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        const int machines = 2 + static_cast<int>(seed % 2);
        const Problem problem = random_problem({.nodes = 9, .machines = machines, .chain = true}, seed);
        for (const Objective objective : kObjectives) {
            const Scorer scorer(problem, Length::Whole, objective);
            const auto path = search_chain(problem, objective);
            ASSERT_TRUE(path);
            EXPECT_NEAR(scorer.score(*path).value / best_value(scorer), 1, 1e-9)
                << "seed " << seed << ", " << to_string(objective);
        }
    }
}

TEST(Search, ShortestPathRefusesWhatIsNoChain) {
    EXPECT_FALSE(
        search_chain(random_problem({.nodes = 8, .machines = 2, .density = 0.5}, 1), Objective::Time));
}

// Sums of costs of nodes and transfers, each tensor once for each memory: what a cut of two machines
// minimises.
double sum_of_costs(const Problem& problem, const Assignment& assignment, double time, double energy) {
    double sum = 0;
    for (std::size_t n = 0; n < assignment.size(); ++n) {
        const auto m = static_cast<std::size_t>(assignment[n]);
        sum += time * problem.seconds[n][m] + energy * problem.joules[n][m];
    }
    for (const Tensor& tensor : problem.graph.tensors) {
        const int from = assignment[static_cast<std::size_t>(tensor.producer)];
        std::vector<bool> there(problem.machines.size(), false);
        for (const Use& use : tensor.uses) {
            const int to = assignment[static_cast<std::size_t>(use.node)];
            if (there[static_cast<std::size_t>(to)]) continue;
            there[static_cast<std::size_t>(to)] = true;
            const Passage move = passage(problem, tensor.bytes, from, to);
            sum += time * move.seconds + energy * move.joules;
        }
    }
    return sum;
}

TEST(Search, MinimumCutIsExactForSumsOnTwoMachines) {
    for (std::uint64_t seed = 100; seed < 160; ++seed) {
        const Problem problem = random_problem({.nodes = 9, .machines = 2}, seed);
        for (const auto& [time, energy] : {std::pair(1.0, 0.0), std::pair(0.0, 1.0), std::pair(40.0, 1.0)}) {
            double least = kCannot;
            for (unsigned bits = 0; bits < 512; ++bits) {
                Assignment assignment;
                bool can = true;
                for (int n = 0; n < 9; ++n) {
                    assignment.push_back(static_cast<int>(bits >> n & 1U));
                    can = can && problem.can_run(n, assignment.back());
                }
                if (can) least = std::min(least, sum_of_costs(problem, assignment, time, energy));
            }
            EXPECT_NEAR(sum_of_costs(problem, search_cut(problem, time, energy), time, energy) / least, 1,
                        1e-9)
                << "seed " << seed;
        }
    }
}

double density_of(std::uint64_t seed) {
    return 0.15 + 0.1 * static_cast<double>(seed % 5);
}

TEST(Search, BranchAndBoundEqualsExhaustiveSearch) {
    for (std::uint64_t seed = 200; seed < 250; ++seed) {
        const int machines = 2 + static_cast<int>(seed % 3);
        Problem problem = random_problem(
            {.nodes = machines == 4 ? 7 : 9, .machines = machines, .density = density_of(seed)}, seed);
        problem.graph.micro_batches = 1 + static_cast<std::int64_t>(seed % 4) / 3;
        // Room for four nodes on the second machine, or for none.
        if (seed % 4 == 1)
            problem.excess = [room = seed % 8 == 1 ? 4 : -9](const Assignment& assignment) {
                return std::max<Bytes>(0, std::count(assignment.begin(), assignment.end(), 1) - room);
            };
        for (const Objective objective : kObjectives) {
            const Scorer scorer(problem, Length::Whole, objective);
            const auto exact = search_exactly(scorer, kEverything * kEverything);
            ASSERT_TRUE(exact);
            EXPECT_EQ(scorer.score(*exact), scorer.score(*search_exhaustively(scorer, kEverything)))
                << "seed " << seed << ", " << to_string(objective);
        }
    }
}

// What a machine does in one kernel costs more where it is taken apart, or cannot be.
TEST(Search, KernelsOfSeveralNodesAreCostedWholeOrApart) {
    int kept = 0;
    for (std::uint64_t seed = 300; seed < 360; ++seed) {
        const Problem problem = random_problem({.nodes = 8,
                                                .machines = 2 + static_cast<int>(seed % 2),
                                                .density = density_of(seed),
                                                .together = 2},
                                               seed);
        EXPECT_FALSE(search_chain(problem, Objective::Time));
        kept += static_cast<int>(problem.together.size());
        for (const Objective objective : kObjectives) {
            const Scorer scorer(problem, Length::Whole, objective);
            const Assignment best = search_exhaustively(scorer, kEverything).value();
            EXPECT_EQ(torn_apart(problem, best), nullptr);
            const Score least = scorer.score(best);
            const auto exact = search_exactly(scorer, kEverything * kEverything);
            ASSERT_TRUE(exact);
            EXPECT_EQ(scorer.score(*exact), least) << "seed " << seed << ", " << to_string(objective);
            const Placement found = place(scorer, nullptr, {.objective = objective, .exact = false});
            EXPECT_LE(found.score.value, 1.05 * least.value)
                << "seed " << seed << ", " << to_string(objective);
            const LowerBound bound = lower_bound(problem, scorer.expansion());
            const Outcome outcome = simulate(problem, scorer.expansion(), best);
            EXPECT_LE(bound.seconds(), outcome.seconds * (1 + 1e-9));
            EXPECT_LE(bound.joules, outcome.joules * (1 + 1e-9));
        }
    }
    EXPECT_GT(kept, 90);
}

// Where memory is short too, what takes a kernel apart is worse than what does not fit.
TEST(Search, NoMemoryIsSavedByTakingAKernelApart) {
    for (std::uint64_t seed = 1; seed < 60; ++seed) {
        Problem problem =
            random_problem({.nodes = 7, .machines = 2, .density = density_of(seed), .together = 2}, seed);
        problem.excess = [](const Assignment& assignment) {
            const Bytes there = std::count(assignment.begin(), assignment.end(), 1);
            return std::max<Bytes>(0, there - 2) + std::max<Bytes>(0, 5 - there);  // never none
        };
        for (const bool exact : {true, false}) {
            const Scorer scorer(problem, Length::Whole, Objective::Time);
            const Placement found = place(scorer, nullptr, {.exact = exact});
            EXPECT_EQ(torn_apart(problem, found.assignment), nullptr) << "seed " << seed;
            EXPECT_LT(found.score.value, kCannot) << "seed " << seed;
        }
    }
}

TEST(Search, BranchAndBoundEndsWithItsBudget) {
    const Problem problem = random_problem({.nodes = 10, .machines = 3}, 1);
    EXPECT_FALSE(search_exactly(Scorer(problem, Length::Whole, Objective::Time), 100));
}

TEST(Place, EqualsExhaustiveSearchOnTenNodes) {
    for (std::uint64_t seed = 1000; seed < 1060; ++seed) {
        const int machines = 2 + static_cast<int>(seed % 2);
        const Problem problem =
            random_problem({.nodes = 10, .machines = machines, .density = density_of(seed / 2)}, seed);
        for (const Objective objective : kObjectives) {
            const Scorer scorer(problem, Length::Whole, objective);
            EXPECT_DOUBLE_EQ(place(scorer, nullptr, {.objective = objective}).score.value, best_value(scorer))
                << "seed " << seed << ", " << to_string(objective);
        }
    }
}

// Equal machines, whose placements come in pairs, are the hardest to cut off.
TEST(Place, IsExactOnTenNodesAndFourMachines) {
    for (std::uint64_t seed = 500; seed < 520; ++seed) {
        Problem problem = random_problem({.nodes = 10, .machines = 4, .density = density_of(seed)}, seed);
        for (std::size_t n = 0; seed % 2 == 0 && n < 10; ++n) {
            problem.seconds[n].assign(4, problem.seconds[n].front());
            problem.joules[n].assign(4, problem.joules[n].front());
        }
        for (const Objective objective : kObjectives)
            EXPECT_EQ(
                place(Scorer(problem, Length::Whole, objective), nullptr, {.objective = objective}).method,
                "exhaustive search")
                << "seed " << seed << ", " << to_string(objective);
    }
}

void expect_within_five_percent(const ProblemShape& shape, std::uint64_t seed) {
    const Problem problem = random_problem(shape, seed);
    for (const Objective objective : kObjectives) {
        const Scorer scorer(problem, Length::Whole, objective);
        const Placement found = place(scorer, nullptr, {.objective = objective, .exact = false});
        EXPECT_LE(found.score.value,
                  1.05 * scorer.score(*search_exactly(scorer, kEverything * kEverything)).value)
            << "seed " << seed << ", " << shape.machines << " machines, " << to_string(objective);
    }
}

TEST(Place, HeuristicStaysWithinFivePercentOfExhaustiveSearch) {
    for (std::uint64_t seed = 1000; seed < 1200; ++seed)
        for (const int machines : {2, 3})
            expect_within_five_percent({.nodes = 9, .machines = machines, .density = density_of(seed)}, seed);
}

TEST(Place, HeuristicStaysWithinFivePercentOnChains) {
    for (std::uint64_t seed = 1000; seed < 1100; ++seed)
        for (const int machines : {2, 3})
            expect_within_five_percent({.nodes = 8, .machines = machines, .chain = true}, seed);
}

// Whichever objective is asked for, the same is found for each, and for none anything better than for itself.
TEST(Place, ObjectivesDoNotContradictEachOther) {
    for (std::uint64_t seed = 1; seed < 30; ++seed) {
        const Problem problem =
            random_problem({.nodes = 24, .machines = 3, .density = density_of(seed)}, seed);
        const auto found = [&](Objective asked, bool every) {
            return place_for_all(
                Scorer(problem, Length::Whole, asked), nullptr,
                {.objective = asked, .exact = false, .every_objective = every, .budget = 20'000});
        };
        const Placements first = found(Objective::Time, true);
        for (const Objective asked : kObjectives) {
            const Placements all = found(asked, true);
            const Placements alone = found(asked, false);
            for (const Objective objective : kObjectives) {
                EXPECT_EQ(of(all, objective).assignment, of(first, objective).assignment) << seed;
                EXPECT_LE(of(all, objective).score, of(alone, objective).score) << seed;
            }
        }
    }
}

TEST(Place, IsNeverWorseThanOneMachine) {
    for (std::uint64_t seed = 400; seed < 420; ++seed) {
        const Problem problem = random_problem({.nodes = 60, .machines = 3, .density = 0.05}, seed);
        for (const Objective objective : kObjectives) {
            const Scorer scorer(problem, Length::Whole, objective);
            const double found = place(scorer, nullptr, {.objective = objective}).score.value;
            for (int machine = 0; machine < 3; ++machine)
                EXPECT_LE(found, scorer.score(all_on(problem, machine, objective)).value);
        }
    }
}

TEST(Place, KeepsWithinMemory) {
    Problem problem = random_problem({.nodes = 12, .machines = 2}, 5);
    for (std::size_t n = 0; n < 12; ++n) {
        problem.seconds[n] = {10, 1};
        problem.joules[n] = {10, 1};
    }
    // The second machine, faster at everything, has room for five nodes.
    problem.excess = [](const Assignment& assignment) {
        return std::max<Bytes>(0, std::count(assignment.begin(), assignment.end(), 1) - 5);
    };
    const Scorer scorer(problem, Length::Whole, Objective::Time);
    for (const bool exact : {true, false}) {
        const Placement found = place(scorer, nullptr, {.objective = Objective::Time, .exact = exact});
        EXPECT_EQ(found.score.excess, 0);
        EXPECT_EQ(std::count(found.assignment.begin(), found.assignment.end(), 1), 5);
    }
}

// Each of two machines is good at half of the work, and neither at the other half.
TEST(Place, MixesMachinesWhoseCostsCross) {
    Problem problem = random_problem({.nodes = 40, .machines = 2, .chain = true}, 9);
    for (std::size_t n = 0; n < 40; ++n) {
        problem.seconds[n] = n / 10 % 2 == 0 ? std::vector{1.0, 3.0} : std::vector{3.0, 1.0};
        problem.joules[n] = {1, 1};
    }
    const Scorer scorer(problem, Length::Whole, Objective::Time);
    const Placement found = place(scorer, nullptr, {});
    EXPECT_EQ(found.method, "shortest path");
    for (std::size_t n = 0; n < 40; ++n) EXPECT_EQ(found.assignment[n], n / 10 % 2);
}

// A step with other parts than the one that was placed: as much of a node as is known there tells where it
// is.
TEST(CarryOver, MatchesLayersStagesAndParts) {
    Problem to = random_problem({.nodes = 5, .machines = 3, .chain = true}, 3);
    for (std::vector<double>& node : to.seconds) node = {1, 1, 1};
    Graph from = to.graph;
    from.nodes[0].layer = to.graph.nodes[0].layer = 0;
    from.nodes[1].layer = to.graph.nodes[1].layer = 1;
    from.nodes[2].layer = to.graph.nodes[2].layer = 1;
    from.nodes[2].part = to.graph.nodes[2].part = "softmax";
    from.nodes[3].layer = to.graph.nodes[3].layer = 2;
    from.nodes[3].part = "again";
    from.nodes.resize(4);
    to.graph.nodes[4].layer = 3;
    to.seconds[1][2] = kCannot;
    const Assignment carried = carried_over(from, {1, 2, 0, 2}, to, Objective::Time);
    EXPECT_EQ(carried, (Assignment{1, 1, 0, 2, 2}));
}

}  // namespace
}  // namespace satsim::placement
