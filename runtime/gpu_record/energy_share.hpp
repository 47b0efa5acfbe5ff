// Whose energy is read. A reading takes a tenth of a second or more, since counters move slowly, and most
// pieces of a step's work are too short to matter: they get the mean power of their kind.
#pragma once

#include "runtime/gpu_record/plan.hpp"
#include "runtime/gpu_record/recording.hpp"

namespace satsim::gpu {

// s of one run, from the device's measured roofs (flop, bytes, a launch), before anything is measured.
[[nodiscard]] double estimate_seconds(const Work& work, const MeasuredDevice& device);

// Of each of the plan's works its share of the step's time, by that estimate.
[[nodiscard]] std::vector<double> estimate_shares(const std::vector<Task>& tasks, const WorkPlan& plan,
                                                  const MeasuredDevice& device);

// Whether each is read: those that are not come to at most 5 % together.
[[nodiscard]] std::vector<bool> read_by_itself(const std::vector<double>& shares);

// Gives the plan's works without joules the mean power, by time, of those of the same kind (product,
// convolution, vector work, attention; of all where none was read) and marks them `shared_power`. Nothing
// where no work of the plan has joules.
void share_power(const WorkPlan& plan, Recording& recording);

}  // namespace satsim::gpu
