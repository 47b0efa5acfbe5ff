#include "sim/fast/ranked_schedules.hpp"

#include <algorithm>

#include "sim/fast/fast_sat.hpp"

namespace satsim::fast {

std::vector<schedule::GemmSchedule> ranked_schedules(const GemmTask& task,
                                                     const schedule::MachineView& machine,
                                                     const schedule::ScheduleOptions& options,
                                                     std::size_t limit) {
    constexpr std::size_t kPredicted = 8;
    // Estimates are off by a third at worst (schedule_fast_accuracy prints it): what lies further behind
    // cannot win.
    constexpr double kHopeless = 1.6;
    auto schedules = schedule::candidate_schedules(task, machine, options, std::max(limit, kPredicted));
    const double hopeless = kHopeless * static_cast<double>(schedules.front().predicted);
    const auto kept = static_cast<std::ptrdiff_t>(std::min(limit, schedules.size()));
    schedules.erase(std::find_if(schedules.begin() + kept, schedules.end(),
                                 [hopeless](const schedule::GemmSchedule& s) {
                                     return static_cast<double>(s.predicted) > hopeless;
                                 }),
                    schedules.end());
    FastSat fast;
    for (schedule::GemmSchedule& schedule : schedules) {
        schedule.predicted = fast.predict(emit_gemm(task, schedule, machine), machine.memory).cycles;
    }
    std::stable_sort(schedules.begin(), schedules.end(),
                     [](const auto& a, const auto& b) { return a.predicted < b.predicted; });
    if (schedules.size() > limit) schedules.resize(limit);
    return schedules;
}

}  // namespace satsim::fast
