// Random placement problems with known structure.
#pragma once

#include <cstdint>
#include <random>

#include "runtime/placement/machine.hpp"

namespace satsim::placement {

struct ProblemShape {
    int nodes = 8;
    int machines = 2;
    bool chain = false;
    double density = 0.3;  // of edges between nodes that are not neighbours in the order
    int together = 0;      // kernels of the last machine that do two or three nodes
};

// Costs that differ between machines by up to ten times either way, transfers that cost about as much as
// nodes. The first machine computes in the host's memory.
[[nodiscard]] Problem random_problem(const ProblemShape& shape, std::uint64_t seed);

}  // namespace satsim::placement
