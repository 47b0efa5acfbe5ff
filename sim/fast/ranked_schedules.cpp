#include "sim/fast/ranked_schedules.hpp"

#include <algorithm>
#include <array>

#include "runtime/schedule/schedule_order.hpp"
#include "sim/fast/fast_sat.hpp"

namespace satsim::fast {
namespace {

using schedule::Candidate;
using schedule::Dataflow;
using Choice = schedule::ScheduleOptions::DataflowChoice;

constexpr std::size_t kPredicted = 6;
constexpr std::size_t kOfEach = 3;  // of each dataflow, where the task can run in both
// Shorter tasks are predicted quickly, and their estimates are the furthest off: beginnings and ends, which
// an estimate knows least of, are a large part of them.
constexpr Cycles kShort = 50'000;
// An estimate may be this much too high against predictions of the other dataflow, as a share of them: that
// of output-stationary panels of one row tile counts the fill of each, which the one before hides.
constexpr double kOther = 0.5;

std::size_t count(const std::vector<Candidate>& candidates, Dataflow dataflow) {
    return static_cast<std::size_t>(std::ranges::count(
        candidates, dataflow, [](const Candidate& candidate) { return candidate.schedule.dataflow; }));
}

}  // namespace

std::vector<Candidate> ranked_candidates(const GemmTask& task, const schedule::MachineView& machine,
                                         const schedule::ScheduleOptions& options, std::size_t limit,
                                         const PredictCycles& predict, std::optional<double> margin) {
    Cycles best = 0;
    std::array<Cycles, 2> best_of{};  // of each dataflow
    const auto worth = [&](const schedule::GemmSchedule& schedule) {
        if (best < kShort || !margin) return true;
        const auto own = static_cast<double>(best_of.at(static_cast<std::size_t>(schedule.dataflow)));
        const auto reached = static_cast<double>(best);
        const double most = own > 0 ? own * (1 + *margin) : reached * (1 + *margin + kOther);
        return static_cast<double>(schedule.least) * (1 + kSame) < reached &&
               static_cast<double>(schedule.predicted) <= most;
    };
    const auto emitted = [&](schedule::Candidate& candidate) {
        candidate.schedule.predicted = predict(candidate.program);
        const Cycles predicted = candidate.schedule.predicted;
        for (Cycles* least : {&best, &best_of.at(static_cast<std::size_t>(candidate.schedule.dataflow))})
            *least = *least == 0 ? predicted : std::min(*least, predicted);
    };
    std::vector<Candidate> candidates =
        schedule::candidate_programs(task, machine, options, std::max(limit, kPredicted), {worth, emitted});
    // Estimates are tens of percent off where memory bounds a task, and not equally for both dataflows.
    for (const auto& [dataflow, choice] : {std::pair(Dataflow::OutputStationary, Choice::OutputStationary),
                                           std::pair(Dataflow::WeightStationary, Choice::WeightStationary)}) {
        const std::size_t found = count(candidates, dataflow);
        if (task.sums_positions() || options.dataflow != Choice::Auto || found >= kOfEach) continue;
        schedule::ScheduleOptions only = options;
        only.dataflow = choice;
        (void)schedule::add_candidate_programs(task, machine, only, kOfEach - found, {worth, emitted},
                                               candidates);
    }
    schedule::sort_by_time_and_traffic(candidates, kSame, &schedule::Candidate::schedule);
    if (candidates.size() > limit) candidates.resize(limit);
    return candidates;
}

std::vector<schedule::GemmSchedule> ranked_schedules(const GemmTask& task,
                                                     const schedule::MachineView& machine,
                                                     const schedule::ScheduleOptions& options,
                                                     std::size_t limit) {
    FastSat fast;
    std::vector<schedule::GemmSchedule> schedules;
    for (const schedule::Candidate& candidate : ranked_candidates(
             task, machine, options, limit,
             [&](const isa::Program& program) { return fast.predict(program, machine.memory).cycles; },
             std::nullopt))
        schedules.push_back(candidate.schedule);
    return schedules;
}

}  // namespace satsim::fast
