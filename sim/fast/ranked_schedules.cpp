#include "sim/fast/ranked_schedules.hpp"

#include <algorithm>

#include "sim/fast/fast_sat.hpp"

namespace satsim::fast {

std::vector<schedule::GemmSchedule> ranked_schedules(const GemmTask& task,
                                                     const schedule::MachineView& machine,
                                                     const schedule::ScheduleOptions& options,
                                                     std::size_t limit) {
    constexpr std::size_t kPredicted = 8;
    auto schedules = schedule::candidate_schedules(task, machine, options, std::max(limit, kPredicted));
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
