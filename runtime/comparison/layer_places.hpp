// Where in a trace of several targets each of them has the same piece of work, for the arrows between them.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/dispatch/target.hpp"
#include "runtime/trace/chrome_trace.hpp"

namespace satsim {

class LayerPlaces {
  public:
    // `target`: its number; what it adds follows each other. The first slice that a target has of a GEMM
    // stands for all.
    void add(std::size_t target, const TaskResult& task, const ChromeTrace::Place& slice);
    // Arrows from target to target between the slices of the same work, whichever comes first.
    void link(ChromeTrace& trace) const;

  private:
    struct Slice {
        std::size_t target = 0;
        ChromeTrace::Place place;
    };
    using Piece = std::tuple<std::string, std::string, std::string>;  // layer, stage, part
    std::map<Piece, std::vector<Slice>> slices_;
};

}  // namespace satsim
