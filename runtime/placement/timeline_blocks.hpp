// The timeline of a placed step, coarse enough for a page.
#pragma once

#include <string>
#include <vector>

#include "runtime/placement/placed_step.hpp"

namespace satsim::placement {

// Runs of one machine, or transfers of one link and direction, that follow each other in one module and
// stage. Neighbours are joined while the gap between them is below 1/500 of the step.
struct TimelineBlock {
    std::string lane;   // a machine's name, or "sat to host"
    std::string title;  // "decoder BP", or "transfers"
    Stage stage = Stage::FF;
    bool transfer = false;
    double start = 0;  // s
    double end = 0;
    double busy = 0;  // s of work between start and end
    std::size_t count = 0;
};

[[nodiscard]] std::vector<TimelineBlock> timeline_blocks(const Network& network, const PlacedStep& placed);

}  // namespace satsim::placement
