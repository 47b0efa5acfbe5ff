// Energy of a run: counted events times figures, and assumed watts times seconds, never mixed.
//
// What is counted: the counters of Execution (every MAC slot of an operation is taken as a multiplication and
// an addition, also where padding meets zeros: an upper bound), the memory object's commands, refreshes
// also while the host works, PCIe bytes.
// What is assumed: static and background power over the whole step, the host CPU while it works.
#pragma once

#include <string>
#include <vector>

#include "runtime/hardware/hardware.hpp"
#include "runtime/trace/execution.hpp"

namespace satsim::energy {

// Sums of everything that the figures price. Units: events, and bytes for PCIe.
struct Events {
    std::int64_t mac_slots = 0;
    std::int64_t vector_operations = 0;
    std::int64_t west_words = 0;
    std::int64_t north_bytes = 0;
    std::int64_t result_accesses = 0;
    std::int64_t onchip_writes = 0;
    std::int64_t vmem_words = 0;
    std::int64_t cmem_values = 0;
    std::int64_t ddr4_activates = 0;  // of one channel each
    std::int64_t ddr4_reads = 0;      // 64-byte beats
    std::int64_t ddr4_writes = 0;     // 64-byte beats
    std::int64_t ddr4_refreshes = 0;  // of one channel each
    Bytes pcie_bytes = 0;

    Events& operator+=(const Events& other);
    [[nodiscard]] Events operator*(std::int64_t times) const;
    bool operator==(const Events&) const = default;
};

// Events of one run on a machine with `channels` ganged channels.
[[nodiscard]] Events count_events(const Execution& execution, int channels);

struct Times {
    double step_seconds = 0;  // the whole step: static power runs all the time
    double host_seconds = 0;  // the host CPU computes or moves data
};

struct CountedEnergy {
    std::string name;
    std::string group;  // "arithmetic", "on-chip memory", "DRAM", "interconnect"
    std::int64_t events = 0;
    Figure each;
    [[nodiscard]] double joules() const { return static_cast<double>(events) * each.value; }
};

struct AssumedEnergy {
    std::string name;
    double seconds = 0;
    Figure watts;
    int times = 1;  // how many of them (memory channels)
    [[nodiscard]] double joules() const { return seconds * watts.value * times; }
};

struct Report {
    std::string model;
    std::vector<CountedEnergy> counted;
    std::vector<AssumedEnergy> assumed;
    [[nodiscard]] double counted_joules() const;
    [[nodiscard]] double assumed_joules() const;
    [[nodiscard]] double joules() const { return counted_joules() + assumed_joules(); }
};

[[nodiscard]] Report make_report(const Hardware& hardware, const Events& events, const Times& times);
// make_report(...).joules() to the last bit, without the report: there is one a task.
[[nodiscard]] double joules(const Hardware& hardware, const Events& events, const Times& times);

}  // namespace satsim::energy
