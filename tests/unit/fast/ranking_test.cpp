// What the choice of schedules rests on, on random tasks (docs/architecture/fast-model.md): bounds below the
// estimates, estimates near the predictions, and a ranking that finds the fastest of all schedules that fit.
// A fresh seed each build; SATSIM_FAST_SEED repeats a run.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "runtime/schedule/bound.hpp"
#include "runtime/schedule/strip.hpp"
#include "runtime/support/error.hpp"
#include "sim/cycle/cycle_sat.hpp"
#include "sim/fast/fast_sat.hpp"
#include "sim/fast/ranked_schedules.hpp"
#include "tests/support/random_layer_task.hpp"
#include "tests/unit/fast/build_seed.hpp"

namespace satsim {
namespace {

using schedule::Candidate;

constexpr std::size_t kAll = 10'000;
constexpr int kTasks = 60;

double at(std::vector<double> values, double share) {
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

schedule::Estimate bound_of(const GemmTask& task, const schedule::GemmSchedule& schedule,
                            const schedule::MachineView& machine) {
    if (task.sums_positions()) return schedule::WuBound(task, machine).of(schedule);
    if (schedule.dataflow == schedule::Dataflow::WeightStationary)
        return schedule::WsBound(task, machine.array).of(schedule);
    return schedule::OsBound(task, machine, schedule::strip_heights(task.gather)).of(schedule);
}

// A random task and all of its schedules.
struct Drawn {
    schedule::MachineView machine;
    GemmTask task;
    std::vector<Candidate> all;
};

// `all_heights`: strips that differ in nothing else among the schedules.
std::vector<Drawn> draw_tasks(bool all_heights) {
    schedule::ScheduleOptions options;
    options.all_heights = all_heights;
    static constexpr int kChannels[] = {4, 4, 2, 1};
    fmt::print("seed {} (SATSIM_FAST_SEED={} repeats)\n", chosen_seed(), chosen_seed());
    std::mt19937_64 rng(chosen_seed());
    std::vector<Drawn> drawn;
    while (drawn.size() < kTasks) {
        Drawn one;
        one.machine.array.channels = one.machine.memory.channels = kChannels[rng() % 4];
        if (rng() % 5 == 0) one.machine.memory.kind = dram::MemoryKind::Ideal;
        const test::Bound bound = test::kBounds[drawn.size() % std::size(test::kBounds)];
        one.task = test::random_layer_task(rng, bound, one.machine.array);
        try {
            one.all = schedule::candidate_programs(one.task, one.machine, options, kAll);
        } catch (const InputError&) {
            continue;
        }
        drawn.push_back(std::move(one));
    }
    return drawn;
}

// Where the prediction is below the bound, the fast model may be wrong: `cycle` decides.
TEST(Ranking, BoundsAreNotAboveEstimatesNorCycles) {
    fast::FastSat fast;
    cycle::CycleSat cycle;
    for (const Drawn& drawn : draw_tasks(true)) {
        cycle::RunOptions options;
        options.memory = drawn.machine.memory;
        for (const auto& [schedule, program] : drawn.all) {
            const auto bound = static_cast<double>(bound_of(drawn.task, schedule, drawn.machine).cycles);
            EXPECT_LE(bound, 1.02 * static_cast<double>(schedule.predicted))
                << drawn.task.layer << ' ' << schedule.tile_text();
            if (bound <= static_cast<double>(fast.predict(program, options.memory).cycles)) continue;
            EXPECT_LE(bound, 1.02 * static_cast<double>(cycle.run(program, options).cycles()))
                << drawn.task.layer << ' ' << schedule.tile_text();
        }
    }
}

// Bounds only leave out what is no better, by more than estimates tell apart.
TEST(Ranking, BoundsLeaveOutNothingThatIsBetter) {
    for (const Drawn& drawn : draw_tasks(false)) {
        const auto few = schedule::candidate_schedules(drawn.task, drawn.machine, {}, 8);
        ASSERT_EQ(few.size(), std::min<std::size_t>(8, drawn.all.size()));
        std::vector<double> kept;
        std::vector<double> best;
        for (const auto& schedule : few) kept.push_back(static_cast<double>(schedule.predicted));
        for (const auto& candidate : drawn.all)
            best.push_back(static_cast<double>(candidate.schedule.predicted));
        std::ranges::sort(kept);
        std::ranges::sort(best);
        for (std::size_t i = 0; i < kept.size(); ++i) EXPECT_LE(kept[i], 1.02 * best[i]) << i;
    }
}

TEST(Ranking, EstimatesAreNearAndTheFastestIsFound) {
    fast::FastSat fast;
    std::vector<double> distances;
    std::vector<double> regrets;
    double predictions = 0;
    for (const Drawn& drawn : draw_tasks(true)) {
        const auto predict = [&](const isa::Program& program) {
            return fast.predict(program, drawn.machine.memory).cycles;
        };
        Cycles best = 0;
        for (const auto& [schedule, program] : drawn.all) {
            const Cycles cycles = predict(program);
            best = best == 0 ? cycles : std::min(best, cycles);
            distances.push_back(std::abs(100.0 * static_cast<double>(schedule.predicted - cycles)) /
                                static_cast<double>(cycles));
        }
        schedule::KnownEstimates known;
        const auto ranked = fast::ranked_candidates(
            drawn.task, drawn.machine, {}, 1,
            [&](const isa::Program& program) {
                ++predictions;
                return predict(program);
            },
            -fast::kSame, known);
        regrets.push_back(100.0 * static_cast<double>(ranked.front().schedule.predicted - best) /
                          static_cast<double>(best));
    }
    fmt::print("|estimate - fast| of {} schedules: median {:.2f} %, 95th percentile {:.2f} %, max {:.2f} %\n",
               distances.size(), at(distances, 0.5), at(distances, 0.95), at(distances, 1));
    fmt::print(
        "above the fastest of all: median {:.2f} %, 95th percentile {:.2f} %, max {:.2f} %; {:.1f} "
        "predictions a task\n",
        at(regrets, 0.5), at(regrets, 0.95), at(regrets, 1), predictions / kTasks);
    EXPECT_LE(at(distances, 0.5), 4);
    EXPECT_LE(at(distances, 0.95), 25);
    EXPECT_LE(at(regrets, 0.5), 0.25);
    EXPECT_LE(at(regrets, 0.95), 3);
}

}  // namespace
}  // namespace satsim
