// The timing graph of a netlist: nets as nodes, cells as edges, registers and memories as beginnings and
// ends.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/synth/timing.hpp"

namespace satsim::synth {

struct Edge {
    int from;
    int to;
    double ns;  // with the net before the cell
    int levels;
};

// Where ways begin or end: a node, the time before it or after it, and the register's name.
struct Terminal {
    int node;
    double ns;
    int levels;
    int name;  // in `names`
};

struct TimingGraph {
    int nodes = 0;
    std::vector<Edge> edges;  // sorted by `from`
    std::vector<Terminal> launches;
    std::vector<Terminal> sinks;
    std::vector<std::string> names;
};

using BlockTimings = std::map<std::string, const BlockTiming*, std::less<>>;

[[nodiscard]] TimingGraph build_graph(const Netlist& netlist, const Delays& delays,
                                      const BlockTimings& blocks);

// "port[3]".
[[nodiscard]] std::string bit_name(const std::string& port, std::size_t index);

}  // namespace satsim::synth
