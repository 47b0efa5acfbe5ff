// What no placement of a step can beat, whatever is moved where.
#pragma once

#include "runtime/placement/expansion.hpp"
#include "runtime/placement/machine.hpp"

namespace satsim::placement {

struct LowerBound {
    double path = 0;    // s: the longest chain of runs, each on its fastest machine, with no transfers
    double load = 0;    // s: all work shared out among the machines as if it could be cut anywhere
    double joules = 0;  // each node where it takes least, with no transfers and nothing idle
    [[nodiscard]] double seconds() const { return path > load ? path : load; }
};

[[nodiscard]] LowerBound lower_bound(const Problem& problem, const Expansion& expansion);

// The least T such that work cut into any fractions fits in T on every machine: its linear program's dual,
// max over weights w >= 0 with sum 1 of sum over nodes of min over machines of w[m] * seconds[node][m]. Every
// w gives a bound; they are improved for a fixed number of rounds, so the result may lie below the maximum.
[[nodiscard]] double shared_load(const std::vector<std::vector<double>>& seconds);

}  // namespace satsim::placement
