// The order in which schedules are tried and shown.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "runtime/schedule/gemm_schedule.hpp"

namespace satsim::schedule {

// By predicted cycles; those within `same` of the best, as a share of its cycles, by DRAM traffic: a
// prediction does not say which of them is faster, and traffic costs energy. `projection` gives a T's
// schedule.
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
}

}  // namespace satsim::schedule
