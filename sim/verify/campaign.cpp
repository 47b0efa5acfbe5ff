#include "sim/verify/campaign.hpp"

#include <signal.h>

#include <algorithm>
#include <cstring>

#include "sim/target/worker_pool.hpp"
#include "sim/verify/random.hpp"

namespace satsim::verify {
namespace {

struct Interrupted {};

std::size_t target_of(const CampaignSettings& settings, std::int64_t number) {
    return static_cast<std::size_t>(number) % settings.targets.size();
}

Tally examine_one(const CampaignSettings& settings, std::int64_t number,
                  const std::function<Comparison(const Case&)>& examine) {
    const Draw draw = case_of(settings, number);
    const Comparison comparison = examine(draw.found);
    Tally tally;
    tally.programs = 1;
    tally.redrawn = draw.refused;
    tally.operations = comparison.operations;
    tally.cycles = comparison.simulated;
    tally.mismatching_bits = comparison.bits;
    tally.mismatching_cycles = comparison.cycles;
    tally.mismatching_counters = comparison.counters;
    tally.failed = comparison.equal() ? 0 : 1;
    return tally;
}

}  // namespace

std::vector<Target> targets_of(const std::vector<Kind>& kinds, const std::vector<isa::ArrayConfig>& arrays) {
    std::vector<Target> targets;
    for (const Kind& kind : kinds) {
        for (const isa::ArrayConfig& array : arrays) {
            if (runs_on(kind, array)) targets.push_back({kind, array});
        }
    }
    return targets;
}

Draw case_of(const CampaignSettings& settings, std::int64_t number) {
    const Target& target = settings.targets[target_of(settings, number)];
    return draw_case(target.kind, target.array,
                     mixed_seed(settings.seed, static_cast<std::uint64_t>(number)));
}

Tally& Tally::operator+=(const Tally& other) {
    programs += other.programs;
    redrawn += other.redrawn;
    operations += other.operations;
    cycles += other.cycles;
    mismatching_bits += other.mismatching_bits;
    mismatching_cycles += other.mismatching_cycles;
    mismatching_counters += other.mismatching_counters;
    failed += other.failed;
    return *this;
}

Tally CampaignResult::total() const {
    Tally sum;
    for (const Tally& tally : by_target) sum += tally;
    return sum;
}

CampaignResult run_campaign(const CampaignSettings& settings,
                            const std::function<Comparison(const Case&)>& examine,
                            const std::function<bool(std::int64_t done)>& progress) {
    CampaignResult result;
    result.by_target.resize(settings.targets.size());
    const auto job = [&](std::size_t number) {
        // A terminal's interrupt reaches the workers too; the campaign ends them itself, after its report.
        ::signal(SIGINT, SIG_IGN);
        const Tally tally = examine_one(settings, static_cast<std::int64_t>(number), examine);
        sat::Bytes8 bytes(sizeof tally);
        std::memcpy(bytes.data(), &tally, sizeof tally);
        return bytes;
    };
    std::int64_t finished = 0;
    const auto done = [&](std::size_t number, const sat::Bytes8& bytes) {
        Tally tally;
        std::memcpy(&tally, bytes.data(), sizeof tally);
        const auto index = static_cast<std::int64_t>(number);
        result.by_target[target_of(settings, index)] += tally;
        if (tally.failed > 0) result.failing.push_back(index);
        if (!progress(++finished)) throw Interrupted{};
    };
    try {
        sat::run_forked(static_cast<std::size_t>(settings.count), settings.jobs, job, done);
    } catch (const Interrupted&) {
        result.interrupted = true;
    }
    std::sort(result.failing.begin(), result.failing.end());
    return result;
}

}  // namespace satsim::verify
