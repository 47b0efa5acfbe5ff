// Slices of one track that overlap without nesting, apart: in a lane, slices follow each other or nest.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace satsim::trace_import {

class Lanes {
  public:
    // `slack`: how far two times of the file may be off. Slices that overlap by no more follow each other or
    // nest.
    explicit Lanes(double slack) : slack_(slack) {}

    struct Placed {
        std::size_t lane = 0;
        std::optional<std::size_t> parent;  // `slice` of the one that it lies in
        double start = 0;  // as given, or moved by the slack so that the lane's slices nest exactly
        double end = 0;
    };
    // In order of their start, longer ones first. It nests in the last begun of those that hold it whole,
    // else it goes to the first lane that is free, else to a new one. Takes time in proportion to the lanes.
    Placed add(double start, double end, std::size_t slice);

  private:
    struct Open {
        double end = 0;
        double start = 0;
        std::size_t slice = 0;
    };
    struct Lane {
        std::vector<Open> open;  // outermost first
        double ended = 0;        // the last that is no longer open; none before the first slice
    };

    double slack_;
    std::vector<Lane> lanes_;
};

}  // namespace satsim::trace_import
