// Methods that find placements. docs/architecture/placement.md says when each is exact.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <unordered_map>
#include <vector>

#include "runtime/placement/node_costs.hpp"
#include "runtime/placement/simulate.hpp"

namespace satsim::placement {

// Bytes of all machines above their capacities, of an assignment that takes apart what has to stay together
// more than there are anywhere: it is no placement.
[[nodiscard]] Bytes excess_of(const Problem& problem, const Assignment& assignment);

// How good a placement is: what does not fit first, then the objective.
struct Score {
    Bytes excess = 0;
    double value = kCannot;
    auto operator<=>(const Score&) const = default;
};

// Placements scored by the event simulation.
class Scorer {
  public:
    Scorer(const Problem& problem, Length length, Objective objective)
        : problem_(problem),
          expansion_(problem.graph, length),
          least_after_(placement::least_after(problem, expansion_)),
          length_(length),
          objective_(objective) {}
    [[nodiscard]] Score score(const Assignment& assignment) const;
    // The same where it is better than `best`, otherwise any that is not.
    [[nodiscard]] Score score_if_better(const Assignment& assignment, const Score& best) const;
    [[nodiscard]] const Problem& problem() const { return problem_; }
    [[nodiscard]] const Expansion& expansion() const { return expansion_; }
    [[nodiscard]] const std::vector<double>& least_after() const { return least_after_; }
    [[nodiscard]] Length length() const { return length_; }
    [[nodiscard]] Objective objective() const { return objective_; }

  private:
    const Problem& problem_;
    Expansion expansion_;
    std::vector<double> least_after_;
    Length length_;
    Objective objective_;
};

// Everything on `machine` that it can run, the rest on the helper or, where that cannot, where it takes least
// of the objective.
[[nodiscard]] Assignment all_on(const Problem& problem, int machine, Objective objective);

// All assignments, one after the other. `limit`: of their number; none above it.
[[nodiscard]] std::optional<Assignment> search_exhaustively(const Scorer& scorer, std::int64_t limit);

// The best of all assignments by branch and bound. None where there are more than 2^20 of them (10 nodes on 4
// machines), or when looking for it takes more than `runs` looks at runs of nodes.
[[nodiscard]] std::optional<Assignment> search_exactly(const Scorer& scorer, std::int64_t runs);

// Shortest path for graphs that are chains, exact for every objective: of two ways to the same node on the
// same machine one is dropped only if it is no better in time and in energy. None where the graph is no chain
// or memory is limited, or what nodes take depends on where others are.
[[nodiscard]] std::optional<Assignment> search_chain(const Problem& problem, Objective objective);

// Minimum cut of the sums of costs of nodes and transfers (no overlap), seconds * time_weight + joules *
// energy_weight: exact for two machines, by expansion moves for more.
[[nodiscard]] Assignment search_cut(const Problem& problem, double time_weight, double energy_weight);

// List scheduling by upward ranks (HEFT): nodes with the longest way to the end first, each where it ends
// earliest.
[[nodiscard]] Assignment list_schedule(const Problem& problem, const Expansion& expansion);

// What a scorer has said of assignments: the score, or one that it is no better than.
class Tried {
  public:
    [[nodiscard]] Score& at_least(const Assignment& assignment);

  private:
    std::unordered_map<std::uint64_t, Score> scores_;  // by hash of the assignment
};

// Descends by moves of groups of nodes, and of everything on one machine to another, to a placement that none
// of them makes better; then `shakes` times moves a few groups by chance (the same draws every time) and
// descends again. Ends when `budget`, in runs of the nodes of all moves tried, is spent.
[[nodiscard]] Assignment improve(const Scorer& scorer, const std::vector<std::vector<int>>& groups,
                                 Tried& tried, Assignment start, std::int64_t& budget, int shakes,
                                 std::mt19937_64& random);

}  // namespace satsim::placement
