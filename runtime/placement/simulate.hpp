// The event simulation of a placed step: machines and links at work at the same time.
//
// A machine runs one node at a time and takes, of those whose inputs have arrived, the first in program
// order. A tensor that is read in another memory moves there once, in the order of requests; each link has
// two directions that work at the same time. Between two machines with memories of their own it goes through
// the host's, in pieces, so that it occupies both links for the time of the slower one. Only as many
// micro-batches as machines take part are under way at once.
#pragma once

#include <vector>

#include "runtime/placement/expansion.hpp"
#include "runtime/placement/machine.hpp"

namespace satsim::placement {

struct NodeEvent {
    int run = 0;
    int machine = 0;
    double start = 0;  // s
    double end = 0;
};

struct TransferEvent {
    int tensor = 0;
    int from = 0;  // machine
    int to = 0;
    int producer = 0;  // run
    int reader = -1;   // the first run that asked for it; -1: the next step
    double start = 0;
    double end = 0;
    Bytes bytes = 0;
};

struct Outcome {
    double seconds = 0;
    double joules = 0;
    std::vector<double> busy;  // s of each machine
    std::vector<double> node_joules;
    double idle_joules = 0;
    double transfer_joules = 0;
    double transfer_seconds = 0;  // sum over transfers
    Bytes moved = 0;
    std::vector<NodeEvent> nodes;  // where events are kept
    std::vector<TransferEvent> transfers;

    [[nodiscard]] double value(Objective objective) const;
};

// `assignment` gives every node a machine that can run it. kCannot seconds and joules where it takes apart
// what has to stay together (torn_apart).
[[nodiscard]] Outcome simulate(const Problem& problem, const Expansion& expansion,
                               const Assignment& assignment, bool keep_events = false);
// Of each run, the seconds from its end to the step's at the very least: the longest way, each node on its
// fastest machine, nothing moved.
[[nodiscard]] std::vector<double> least_after(const Problem& problem, const Expansion& expansion);
// The objective's value; kCannot once it is sure to be more than `limit`.
[[nodiscard]] double simulate_value(const Problem& problem, const Expansion& expansion,
                                    const Assignment& assignment, Objective objective, double limit,
                                    const std::vector<double>& least_after);

}  // namespace satsim::placement
