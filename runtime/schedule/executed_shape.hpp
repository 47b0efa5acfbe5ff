// How large a GEMM is for the array: its sizes rounded up to words, groups, rows, columns and tiles.
#pragma once

#include "runtime/isa/program.hpp"
#include "runtime/schedule/gemm_schedule.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::schedule {

// Of the task as it is scheduled (on_stored_input()). m*n*k*N/M of it, `count` times, are the MAC slots that
// the schedule's program takes; k is dense.
[[nodiscard]] GemmShape executed_shape(const GemmTask& task, const GemmSchedule& schedule,
                                       const isa::ArrayConfig& array);

// Of the slots that the tiles of that task take of a USPE, the share that has a result to add to: tiles of
// fewer results than the accumulator is deep leave the rest idle.
[[nodiscard]] double slot_fit(const GemmTask& task, const GemmSchedule& schedule,
                              const isa::ArrayConfig& array);

}  // namespace satsim::schedule
