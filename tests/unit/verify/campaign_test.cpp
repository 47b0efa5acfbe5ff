// The number of workers changes nothing; an interrupt keeps what was done.
#include "sim/verify/campaign.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace satsim::verify {
namespace {

CampaignSettings settings_of(std::int64_t count, int jobs) {
    isa::ArrayConfig array;
    array.rows = array.columns = 4;
    CampaignSettings settings;
    settings.targets = targets_of(all_kinds(), {array});
    settings.count = count;
    settings.seed = 9;
    settings.jobs = jobs;
    return settings;
}

// Stands for the three implementations: some programs differ, by properties of the case alone.
Comparison pretend(const Case& c) {
    Comparison comparison;
    comparison.operations = 2;
    comparison.simulated = static_cast<Cycles>(c.data_seed);
    if (c.memory.stall_seed % 3 == 1) comparison.bits = 4;
    if (c.rtl_seed % 5 == 1) comparison.cycles = 2;
    return comparison;
}

TEST(Campaign, AnyNumberOfJobsGivesTheSameResult) {
    const auto run = [](int jobs) {
        return run_campaign(settings_of(90, jobs), pretend, [](std::int64_t) { return true; });
    };
    const CampaignResult one = run(1);
    const CampaignResult three = run(3);
    EXPECT_EQ(one.by_target, three.by_target);
    EXPECT_EQ(one.failing, three.failing);
    EXPECT_EQ(one.total().programs, 90);
    EXPECT_EQ(one.total().failed, static_cast<std::int64_t>(one.failing.size()));
    EXPECT_GT(one.total().failed, 0);
    EXPECT_LT(one.total().failed, 90);
    const auto [least, most] =
        std::minmax_element(one.by_target.begin(), one.by_target.end(),
                            [](const Tally& a, const Tally& b) { return a.programs < b.programs; });
    EXPECT_LE(most->programs - least->programs, 1);
}

TEST(Campaign, AnInterruptKeepsWhatWasDone) {
    const CampaignResult result =
        run_campaign(settings_of(90, 2), pretend, [](std::int64_t done) { return done < 7; });
    EXPECT_TRUE(result.interrupted);
    EXPECT_EQ(result.total().programs, 7);
}

TEST(Campaign, FailingNumbersAreTheirCases) {
    const CampaignSettings settings = settings_of(60, 2);
    const CampaignResult result = run_campaign(settings, pretend, [](std::int64_t) { return true; });
    for (std::int64_t number = 0; number < settings.count; ++number) {
        const bool fails = !pretend(case_of(settings, number).found).equal();
        EXPECT_EQ(fails, std::binary_search(result.failing.begin(), result.failing.end(), number)) << number;
    }
}

}  // namespace
}  // namespace satsim::verify
