#include "sim/fast/ranked_schedules.hpp"

#include <algorithm>

#include "sim/fast/fast_sat.hpp"

namespace satsim::fast {

std::vector<schedule::Candidate> ranked_candidates(const GemmTask& task, const schedule::MachineView& machine,
                                                   const schedule::ScheduleOptions& options,
                                                   std::size_t limit, const PredictCycles& predict) {
    constexpr std::size_t kPredicted = 6;
    auto candidates = schedule::candidate_programs(task, machine, options, std::max(limit, kPredicted));
    for (auto at = candidates.begin(); at != candidates.end(); ++at) {
        // Schedules that differ in what does not matter to this task have one program.
        const auto same = std::find_if(candidates.begin(), at, [&](const schedule::Candidate& earlier) {
            return earlier.program == at->program;
        });
        at->schedule.predicted = same != at ? same->schedule.predicted : predict(at->program);
    }
    std::stable_sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
        return a.schedule.predicted < b.schedule.predicted;
    });
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
