#include "runtime/placement/lower_bound.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/placement/node_costs.hpp"

namespace satsim::placement {
namespace {

double least(const std::vector<double>& values) {
    return *std::min_element(values.begin(), values.end());
}

// Runs stand in an order in which every one comes after what it reads.
double longest_path(const LeastCosts& costs, const Expansion& expansion) {
    std::vector<double> ready(expansion.runs().size(), 0);
    double longest = 0;
    for (std::size_t r = 0; r < ready.size(); ++r) {
        const Run& run = expansion.runs()[r];
        const double end = ready[r] + least(costs.seconds[static_cast<std::size_t>(run.node)]) *
                                          static_cast<double>(run.weight);
        longest = std::max(longest, end);
        for (const Edge& edge : expansion.edges_of(static_cast<int>(r))) {
            if (edge.reader < 0) continue;
            double& other = ready[static_cast<std::size_t>(edge.reader)];
            other = std::max(other, end);
        }
    }
    return longest;
}

}  // namespace

double shared_load(const std::vector<std::vector<double>>& seconds) {
    if (seconds.empty()) return 0;
    const std::size_t machines = seconds.front().size();
    std::vector<double> weights(machines, 1.0 / static_cast<double>(machines));
    double best = 0;
    constexpr int kRounds = 400;
    for (int round = 0; round < kRounds; ++round) {
        double bound = 0;
        std::vector<double> load(machines, 0);
        for (const std::vector<double>& node : seconds) {
            std::size_t chosen = 0;
            double cost = kCannot;
            for (std::size_t m = 0; m < machines; ++m) {
                if (node[m] < kCannot && weights[m] * node[m] < cost) {
                    cost = weights[m] * node[m];
                    chosen = m;
                }
            }
            bound += cost;
            load[chosen] += node[chosen];
        }
        best = std::max(best, bound);
        // Multiplicative weights: a machine that carries more than the others becomes dearer.
        const double heaviest = *std::max_element(load.begin(), load.end());
        if (heaviest <= 0) return 0;
        double sum = 0;
        const double step = 2.0 / std::sqrt(1.0 + round);
        for (std::size_t m = 0; m < machines; ++m)
            sum += weights[m] *= std::exp(step * (load[m] / heaviest - 1));
        for (double& weight : weights) weight /= sum;
    }
    return best;
}

LowerBound lower_bound(const Problem& problem, const Expansion& expansion) {
    LowerBound bound;
    LeastCosts costs = least_costs(problem);
    bound.path = longest_path(costs, expansion);
    std::vector<std::vector<double>>& whole = costs.seconds;
    for (std::size_t n = 0; n < whole.size(); ++n) {
        const auto runs = static_cast<double>(problem.graph.runs_of(static_cast<int>(n)));
        for (double& each : whole[n]) each *= runs;
        bound.joules += runs * least(costs.joules[n]);
    }
    bound.load = shared_load(whole);
    return bound;
}

}  // namespace satsim::placement
