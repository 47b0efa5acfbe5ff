#include "sim/fast/ranked_schedules.hpp"

#include <algorithm>

#include "runtime/schedule/schedule_order.hpp"
#include "sim/fast/fast_sat.hpp"

namespace satsim::fast {

std::vector<schedule::Candidate> ranked_candidates(const GemmTask& task, const schedule::MachineView& machine,
                                                   const schedule::ScheduleOptions& options,
                                                   std::size_t limit, const PredictCycles& predict,
                                                   std::optional<double> margin) {
    constexpr std::size_t kPredicted = 6;
    Cycles best = 0;
    const auto worth = [&](const schedule::GemmSchedule& schedule) {
        if (best == 0 || !margin) return true;
        const auto reached = static_cast<double>(best);
        return static_cast<double>(schedule.least) * (1 + kSame) < reached &&
               static_cast<double>(schedule.predicted) <= reached * (1 + *margin);
    };
    const auto emitted = [&](schedule::Candidate& candidate) {
        candidate.schedule.predicted = predict(candidate.program);
        best = best == 0 ? candidate.schedule.predicted : std::min(best, candidate.schedule.predicted);
    };
    auto candidates =
        schedule::candidate_programs(task, machine, options, std::max(limit, kPredicted), {worth, emitted});
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
