#include "runtime/placement/machine.hpp"

#include <algorithm>

namespace satsim::placement {

Passage passage(const Problem& problem, Bytes bytes, int from, int to) {
    if (share_memory(problem, from, to)) return {};
    double rate = kCannot;
    double latency = 0;
    double byte_joules = 0;
    for (const int end : {from, to}) {
        const Machine& machine = problem.machines[static_cast<std::size_t>(end)];
        if (machine.in_host_memory()) continue;
        rate = std::min(rate, machine.link_bandwidth);
        latency += machine.link_latency;
        byte_joules += machine.link_byte_joules;
    }
    const double seconds = latency + static_cast<double>(bytes) / rate;
    return {seconds, static_cast<double>(bytes) * byte_joules + seconds * problem.transfer_watts};
}

const char* to_string(Objective objective) {
    constexpr const char* kNames[] = {"time", "energy", "edp"};
    return kNames[static_cast<std::size_t>(objective)];
}

}  // namespace satsim::placement
