#include "sim/fast/ranked_schedules.hpp"

#include <algorithm>

#include "runtime/schedule/schedule_order.hpp"
#include "sim/fast/fast_sat.hpp"

namespace satsim::fast {
namespace {

// What these leave out, and what more would cost: docs/architecture/fast-model.md, Ranking.
constexpr std::size_t kPredicted = 8;
// Of shorter tasks, whose beginnings and ends an estimate knows least of, and whose predictions are quick,
// those are predicted too whose estimates are this much above the best.
constexpr Cycles kShort = 50'000;
constexpr double kShortMargin = 0.05;

}  // namespace

std::vector<schedule::Candidate> ranked_candidates(const GemmTask& task, const schedule::MachineView& machine,
                                                   const schedule::ScheduleOptions& options,
                                                   std::size_t limit, const PredictCycles& predict,
                                                   std::optional<double> margin,
                                                   schedule::KnownEstimates& known) {
    std::optional<Cycles> best;
    const auto worth = [&](const schedule::GemmSchedule& schedule) {
        if (!best || !margin) return true;
        const auto reached = static_cast<double>(*best);
        const double above = *best < kShort ? std::max(*margin, kShortMargin) : *margin;
        return static_cast<double>(schedule.least) * (1 + kSame) < reached &&
               static_cast<double>(schedule.predicted) <= (1 + above) * reached;
    };
    const auto emitted = [&](schedule::Candidate& candidate) {
        candidate.schedule.predicted = predict(candidate.program);
        best = std::min(best.value_or(candidate.schedule.predicted), candidate.schedule.predicted);
    };
    std::vector<schedule::Candidate> candidates = schedule::candidate_programs(
        task, machine, options, std::max(limit, kPredicted), {worth, emitted}, known);
    schedule::sort_by_time_and_traffic(candidates, kSame, &schedule::Candidate::schedule);
    if (candidates.size() > limit) candidates.resize(limit);
    return candidates;
}

std::vector<schedule::GemmSchedule> ranked_schedules(const GemmTask& task,
                                                     const schedule::MachineView& machine,
                                                     const schedule::ScheduleOptions& options,
                                                     std::size_t limit) {
    FastSat fast;
    schedule::KnownEstimates none;
    std::vector<schedule::GemmSchedule> schedules;
    for (const schedule::Candidate& candidate : ranked_candidates(
             task, machine, options, limit,
             [&](const isa::Program& program) { return fast.predict(program, machine.memory).cycles; },
             std::nullopt, none))
        schedules.push_back(candidate.schedule);
    return schedules;
}

}  // namespace satsim::fast
