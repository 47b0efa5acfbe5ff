// Many random cases in forked workers. What is run and counted follows from the settings and the seed alone,
// never from the number of workers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/verify/comparison.hpp"
#include "sim/verify/draw.hpp"

namespace satsim::verify {

struct Target {
    Kind kind;
    isa::ArrayConfig array;
};

// Every kind on every array that can run it.
[[nodiscard]] std::vector<Target> targets_of(const std::vector<Kind>& kinds,
                                             const std::vector<isa::ArrayConfig>& arrays);

struct CampaignSettings {
    std::vector<Target> targets;  // not empty; served in turn
    std::int64_t count = 0;       // programs
    std::uint64_t seed = 1;
    int jobs = 1;  // processes
};

// Program `number` of a campaign.
[[nodiscard]] Draw case_of(const CampaignSettings& settings, std::int64_t number);

struct Tally {
    std::int64_t programs = 0;
    std::int64_t redrawn = 0;     // draws that fitted no program and were drawn again
    std::int64_t operations = 0;  // compared
    std::int64_t cycles = 0;      // simulated
    std::int64_t mismatching_bits = 0;
    std::int64_t mismatching_cycles = 0;
    std::int64_t mismatching_counters = 0;
    std::int64_t failed = 0;  // programs with any mismatch, or that an implementation gave up
    Tally& operator+=(const Tally& other);
    bool operator==(const Tally&) const = default;
};

struct CampaignResult {
    std::vector<Tally> by_target;       // like settings.targets
    std::vector<std::int64_t> failing;  // numbers of the programs that failed, ascending
    bool interrupted = false;
    [[nodiscard]] Tally total() const;
};

// examine: runs in the workers, which keep it. progress(done) after every program; returning false ends the
// campaign early. Throws std::runtime_error when a worker dies.
[[nodiscard]] CampaignResult run_campaign(const CampaignSettings& settings,
                                          const std::function<Comparison(const Case&)>& examine,
                                          const std::function<bool(std::int64_t done)>& progress);

}  // namespace satsim::verify
