#include "runtime/sweep/pareto.hpp"

#include <algorithm>
#include <numeric>

namespace satsim::sweep {
namespace {

bool dominates(const Objectives& a, const Objectives& b) {
    bool better = false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] > b[i]) return false;
        better = better || a[i] < b[i];
    }
    return better;
}

}  // namespace

std::vector<std::size_t> pareto_front(const std::vector<Objectives>& points) {
    // In lexicographic order no point is dominated by a later one, so the front so far decides.
    std::vector<std::size_t> order(points.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return points[a] < points[b]; });
    std::vector<std::size_t> front;
    for (const std::size_t point : order) {
        const bool beaten = std::any_of(front.rbegin(), front.rend(), [&](std::size_t other) {
            return dominates(points[other], points[point]);
        });
        if (!beaten) front.push_back(point);
    }
    std::sort(front.begin(), front.end());
    return front;
}

}  // namespace satsim::sweep
