// The scheduler's choices for a task in the order of the fast model.
#pragma once

#include <vector>

#include "runtime/schedule/scheduler.hpp"

namespace satsim::fast {

// At most `limit` schedules, best first, `predicted` by FastSat: of all that fit, those with the best
// closed-form estimates are emitted and predicted. Throws InputError naming the layer when nothing fits.
[[nodiscard]] std::vector<schedule::GemmSchedule> ranked_schedules(const GemmTask& task,
                                                                   const schedule::MachineView& machine,
                                                                   const schedule::ScheduleOptions& options,
                                                                   std::size_t limit);

}  // namespace satsim::fast
