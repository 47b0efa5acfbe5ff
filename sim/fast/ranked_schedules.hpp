// The scheduler's choices for a task in the order of the fast model.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "runtime/schedule/scheduler.hpp"

namespace satsim::fast {

// Of schedules whose predictions lie this close to the best, as a share of it, the one with the least traffic
// is taken: a choice, which gives up so much of a task's time at most for energy (and for the time to
// simulate it). One prediction in twenty is wrong by more, most by less (docs/architecture/fast-model.md).
inline constexpr double kSame = 0.0025;

// The cycles of a program that FastSat predicts, or remembers to have predicted.
using PredictCycles = std::function<Cycles(const isa::Program&)>;

// At most `limit` schedules, best first, `predicted` by FastSat: of all that fit, those with the best
// estimates are emitted and predicted. Throws InputError naming the layer when nothing fits.
[[nodiscard]] std::vector<schedule::GemmSchedule> ranked_schedules(const GemmTask& task,
                                                                   const schedule::MachineView& machine,
                                                                   const schedule::ScheduleOptions& options,
                                                                   std::size_t limit);

// The same with their programs, `predicted` by `predict`. With a margin, schedules are not predicted whose
// MACs alone take as long as the best prediction so far, or whose estimate is above (1 + margin) of it, of
// tasks below 50,000 cycles above 1.05 of it. Below 0: they must promise to be faster by so much. `known`: of
// this task and machine.
[[nodiscard]] std::vector<schedule::Candidate> ranked_candidates(
    const GemmTask& task, const schedule::MachineView& machine, const schedule::ScheduleOptions& options,
    std::size_t limit, const PredictCycles& predict, std::optional<double> margin,
    schedule::KnownEstimates& known);

}  // namespace satsim::fast
