// The order in which schedules are tried and shown.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "runtime/schedule/gemm_schedule.hpp"

namespace satsim::schedule {

// Estimated traffic that differs by less than this share is the same, a choice: lines of panels are means
// over where they begin (0.4 % apart on ResNet-18's layer1 at 2:8 where the programs move the same).
inline constexpr double kSameTraffic = 0.01;

// By predicted cycles; those within `same` of the best, as a share of its cycles, by DRAM traffic: a
// prediction does not say which of them is faster, and traffic costs energy. Of those with the least traffic
// the quickest first. `projection` gives a T's schedule.
template <class T, class Projection = std::identity>
void sort_by_time_and_traffic(std::vector<T>& found, double same, Projection projection = {}) {
    if (found.empty()) return;
    const auto cycles = [&](const T& one) { return std::invoke(projection, one).predicted; };
    const auto lines = [&](const T& one) { return std::invoke(projection, one).lines; };
    std::ranges::stable_sort(found, {}, cycles);
    const double most = (1 + same) * static_cast<double>(cycles(found.front()));
    const auto end =
        std::ranges::find_if(found, [&](const T& one) { return static_cast<double>(cycles(one)) > most; });
    std::ranges::stable_sort(found.begin(), end, {}, lines);
    const double least = (1 + kSameTraffic) * static_cast<double>(lines(found.front()));
    const auto more = std::ranges::find_if(
        found.begin(), end, [&](const T& one) { return static_cast<double>(lines(one)) > least; });
    std::ranges::stable_sort(found.begin(), more, {}, cycles);
}

}  // namespace satsim::schedule
