#include "runtime/placement/search.hpp"

#include <limits>

namespace satsim::placement {

Bytes excess_of(const Problem& problem, const Assignment& assignment) {
    if (torn_apart(problem, assignment) != nullptr) return std::numeric_limits<Bytes>::max();
    return problem.excess ? problem.excess(assignment) : 0;
}

Score Scorer::score(const Assignment& assignment) const {
    Score score;
    score.excess = excess_of(problem_, assignment);
    score.value = simulate(problem_, expansion_, assignment).value(objective_);
    return score;
}

Score Scorer::score_if_better(const Assignment& assignment, const Score& best) const {
    Score score;
    score.excess = excess_of(problem_, assignment);
    if (score.excess > best.excess) return score;
    const double limit = score.excess < best.excess ? kCannot : best.value;
    score.value = simulate_value(problem_, expansion_, assignment, objective_, limit, least_after_);
    return score;
}

Assignment all_on(const Problem& problem, int machine, Objective objective) {
    Assignment assignment(problem.graph.nodes.size(), machine);
    for (std::size_t n = 0; n < assignment.size(); ++n) {
        if (problem.can_run(static_cast<int>(n), machine)) continue;
        if (problem.helper >= 0 && problem.can_run(static_cast<int>(n), problem.helper)) {
            assignment[n] = problem.helper;
            continue;
        }
        double least = kCannot;
        for (std::size_t m = 0; m < problem.machines.size(); ++m) {
            const double cost = objective == Objective::Energy ? problem.joules[n][m] : problem.seconds[n][m];
            if (problem.can_run(static_cast<int>(n), static_cast<int>(m)) && cost < least) {
                least = cost;
                assignment[n] = static_cast<int>(m);
            }
        }
    }
    return assignment;
}

}  // namespace satsim::placement
