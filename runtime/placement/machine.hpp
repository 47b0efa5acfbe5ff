// Where nodes can be placed, and what they cost there.
#pragma once

#include <array>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "runtime/placement/graph.hpp"

namespace satsim::placement {

inline constexpr double kCannot = std::numeric_limits<double>::infinity();

struct Machine {
    std::string name;
    double idle_watts = 0;  // while it waits, if anything of the step is on it
    Bytes capacity = 0;     // of its memory; 0: not known
    // A machine with memory of its own reaches the host's over a link, one for each direction; without one
    // (bandwidth 0) it computes in the host's memory.
    double link_bandwidth = 0;  // byte/s, one direction
    double link_latency = 0;    // s, before the first byte
    double link_byte_joules = 0;
    [[nodiscard]] bool in_host_memory() const { return link_bandwidth == 0; }
    bool operator==(const Machine&) const = default;
};

// Nodes that a machine does in one kernel when it has them all. One of them alone is not that kernel's work.
struct Together {
    int machine = 0;
    std::vector<int> nodes;
    // What each of them takes beyond the problem's figures where another one is elsewhere (less than zero: it
    // bears much of the kernel); kCannot where that is not known.
    std::vector<double> more_seconds;
    std::vector<double> more_joules;
    bool operator==(const Together&) const = default;
};

struct Problem {
    Graph graph;
    std::vector<Machine> machines;
    // [node][machine], of one turn of one micro-batch. seconds: kCannot where the machine cannot run it.
    // joules: everything that the machine takes while it runs, its idle power included. Of what a machine
    // does in one kernel, its share of that: node_costs.hpp says what that is in a placement.
    std::vector<std::vector<double>> seconds;
    std::vector<std::vector<double>> joules;
    std::vector<Together> together{};
    double transfer_watts = 0;  // of the host while it moves data
    int helper = -1;  // the machine for what another one has no unit for; -1: the best of the others
    // Bytes of all machines above their capacities under an assignment; empty: memory is no limit.
    std::function<Bytes(const std::vector<int>&)> excess{};

    [[nodiscard]] bool can_run(int node, int machine) const {
        return seconds[static_cast<std::size_t>(node)][static_cast<std::size_t>(machine)] < kCannot;
    }
};

// What it takes to bring `bytes` from one machine's memory into another's: nothing where both compute in one
// memory. Between two memories that are not the host's the bytes pass through it, in pieces.
struct Passage {
    double seconds = 0;
    double joules = 0;
};
[[nodiscard]] Passage passage(const Problem& problem, Bytes bytes, int from, int to);
[[nodiscard]] inline bool share_memory(const Problem& problem, int a, int b) {
    return a == b || (problem.machines[static_cast<std::size_t>(a)].in_host_memory() &&
                      problem.machines[static_cast<std::size_t>(b)].in_host_memory());
}

// The machine of each node.
using Assignment = std::vector<int>;

enum class Objective { Time, Energy, EnergyDelay };
inline constexpr std::array kObjectives{Objective::Time, Objective::Energy, Objective::EnergyDelay};
[[nodiscard]] const char* to_string(Objective objective);  // "time", "energy", "edp"

}  // namespace satsim::placement
