#include "runtime/trace_import/lanes.hpp"

#include <algorithm>

namespace satsim::trace_import {

Lanes::Placed Lanes::add(double start, double end, std::size_t slice) {
    const auto over = [&](const Open& open) {
        return open.end <= start || (open.end - slack_ <= start && open.end < end);
    };
    std::size_t free = lanes_.size();
    std::size_t best = lanes_.size();
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        Lane& lane = lanes_[i];
        while (!lane.open.empty() && over(lane.open.back())) {
            lane.ended = std::max(lane.ended, lane.open.back().end);
            lane.open.pop_back();
        }
        if (lane.open.empty()) {
            free = std::min(free, i);
        } else if (end <= lane.open.back().end + slack_ &&
                   (best == lanes_.size() || lane.open.back().start > lanes_[best].open.back().start)) {
            best = i;
        }
    }
    Placed placed{best < lanes_.size() ? best : free, std::nullopt, start, end};
    if (placed.lane == lanes_.size()) lanes_.push_back({{}, start});
    Lane& lane = lanes_[placed.lane];
    placed.start = std::max(start, lane.ended);
    if (!lane.open.empty()) {
        const Open& parent = lane.open.back();
        placed.parent = parent.slice;
        placed.start = std::min(placed.start, parent.end);
        placed.end = std::min(end, parent.end);
    }
    placed.end = std::max(placed.end, placed.start);
    lane.open.push_back({placed.end, placed.start, slice});
    return placed;
}

}  // namespace satsim::trace_import
