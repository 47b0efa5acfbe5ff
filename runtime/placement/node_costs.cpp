#include "runtime/placement/node_costs.hpp"

#include <algorithm>

namespace satsim::placement {
namespace {

std::size_t at(int index) {
    return static_cast<std::size_t>(index);
}

bool is_on_machine(const Together& together, const Assignment& assignment, int node) {
    return assignment[at(node)] == together.machine;
}

bool is_whole(const Together& together, const Assignment& assignment) {
    return std::ranges::all_of(together.nodes,
                               [&](int node) { return is_on_machine(together, assignment, node); });
}

}  // namespace

std::vector<NodeCost> node_costs(const Problem& problem, const Assignment& assignment) {
    std::vector<NodeCost> costs;
    costs.reserve(assignment.size());
    for (std::size_t n = 0; n < assignment.size(); ++n)
        costs.push_back({problem.seconds[n][at(assignment[n])], problem.joules[n][at(assignment[n])]});
    for (const Together& together : problem.together) {
        if (is_whole(together, assignment)) continue;
        for (std::size_t i = 0; i < together.nodes.size(); ++i) {
            if (!is_on_machine(together, assignment, together.nodes[i])) continue;
            costs[at(together.nodes[i])].seconds += together.more_seconds[i];
            costs[at(together.nodes[i])].joules += together.more_joules[i];
        }
    }
    return costs;
}

LeastCosts least_costs(const Problem& problem) {
    LeastCosts least{problem.seconds, problem.joules, problem.joules};
    for (std::size_t n = 0; n < problem.seconds.size(); ++n)
        for (std::size_t m = 0; m < problem.machines.size(); ++m)
            if (problem.seconds[n][m] < kCannot)
                least.joules_beyond_idle[n][m] -= problem.machines[m].idle_watts * problem.seconds[n][m];
    for (const Together& together : problem.together) {
        const std::size_t m = at(together.machine);
        for (std::size_t i = 0; i < together.nodes.size(); ++i) {
            if (together.more_seconds[i] == kCannot) continue;
            const std::size_t n = at(together.nodes[i]);
            const double idle = problem.machines[m].idle_watts * together.more_seconds[i];
            least.seconds[n][m] += std::min(together.more_seconds[i], 0.0);
            least.joules[n][m] += std::min(together.more_joules[i], 0.0);
            least.joules_beyond_idle[n][m] += std::min(together.more_joules[i] - idle, 0.0);
        }
    }
    return least;
}

const Together* torn_apart(const Problem& problem, const Assignment& assignment) {
    for (const Together& together : problem.together) {
        if (is_whole(together, assignment)) continue;
        for (std::size_t i = 0; i < together.nodes.size(); ++i)
            if (is_on_machine(together, assignment, together.nodes[i]) && together.more_seconds[i] == kCannot)
                return &together;
    }
    return nullptr;
}

}  // namespace satsim::placement
