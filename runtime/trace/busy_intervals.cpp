#include "runtime/trace/busy_intervals.hpp"

#include <algorithm>
#include <numeric>

namespace satsim {
namespace {

std::vector<BusyInterval> joined(std::span<const OperationRecord> operations) {
    std::vector<BusyInterval> intervals;
    for (const OperationRecord& operation : operations) {
        const Cycles end = operation.end + 1;
        if (intervals.empty() || operation.start > intervals.back().end)
            intervals.push_back({operation.start, operation.start, 0, 0});
        BusyInterval& last = intervals.back();
        last.end = std::max(last.end, end);
        last.busy = last.end - last.begin;
        ++last.operations;
    }
    return intervals;
}

// gaps[i] lies between intervals i and i+1; true where it stays open: the `most - 1` longest.
std::vector<bool> open_gaps(const std::vector<BusyInterval>& intervals, std::size_t most) {
    std::vector<std::size_t> order(intervals.size() - 1);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto length = [&](std::size_t i) { return intervals[i + 1].begin - intervals[i].end; };
    const auto longer = [&](std::size_t a, std::size_t b) {
        return length(a) != length(b) ? length(a) > length(b) : a > b;
    };
    std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most - 1), order.end(),
                     longer);
    std::vector<bool> open(order.size(), false);
    for (std::size_t i = 0; i + 1 < most; ++i) open[order[i]] = true;
    return open;
}

}  // namespace

std::vector<BusyInterval> busy_intervals(std::span<const OperationRecord> operations, std::size_t most) {
    const std::vector<BusyInterval> all = joined(operations);
    if (all.size() <= most) return all;
    const std::vector<bool> open = open_gaps(all, most);
    std::vector<BusyInterval> few{all.front()};
    for (std::size_t i = 1; i < all.size(); ++i) {
        if (open[i - 1]) {
            few.push_back(all[i]);
            continue;
        }
        few.back().end = all[i].end;
        few.back().busy += all[i].busy;
        few.back().operations += all[i].operations;
    }
    return few;
}

}  // namespace satsim
