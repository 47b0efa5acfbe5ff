#include "sim/fast/ranked_schedules.hpp"

#include "runtime/schedule/schedule_order.hpp"
#include "sim/fast/fast_sat.hpp"

namespace satsim::fast {

std::vector<schedule::Candidate> ranked_candidates(const GemmTask& task, const schedule::MachineView& machine,
                                                   const schedule::ScheduleOptions& options,
                                                   std::size_t limit, const PredictCycles& predict) {
    constexpr std::size_t kPredicted = 6;
    constexpr double kSame = 0.001;
    auto candidates = schedule::candidate_programs(task, machine, options, std::max(limit, kPredicted));
    for (schedule::Candidate& candidate : candidates)
        candidate.schedule.predicted = predict(candidate.program);
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
             [&](const isa::Program& program) { return fast.predict(program, machine.memory).cycles; }))
        schedules.push_back(candidate.schedule);
    return schedules;
}

}  // namespace satsim::fast
