// A GPU as an execution target, from measurements: those of a meter, taken now, or those of a recording.
#pragma once

#include "runtime/dispatch/target.hpp"
#include "runtime/gpu_record/meter.hpp"
#include "runtime/gpu_record/time_budget.hpp"

namespace satsim::gpu {

// Measures what the tasks need and `recording` lacks, as far as `budget` allows, which then has expected
// them. `recording.device` is the meter's. Throws InputError where a piece of work does not fit into the
// device's memory, not even in parts, and once the budget's time is up; what was measured before is in the
// recording. `progress`: of fusions that were tried, then of the step's works; done, and of how many.
void measure_missing(const std::vector<Task>& tasks, Meter& meter, Recording& recording, TimeBudget& budget,
                     const std::function<void(std::size_t, std::size_t)>& progress);

// Whether every piece of the tasks' work that is measured has joules.
[[nodiscard]] bool knows_energy(const std::vector<Task>& tasks, const Recording& recording);

// What the tasks need of `from`, which has it, into `to`; and what of it nothing runs.
void copy_measurements(const std::vector<Task>& tasks, const Recording& from, Recording& to);

// Results of a recording's measurements. run() throws InputError naming the layer and the recording's file
// when a piece of work is not in it; but zeros are then taken at the speed of the device's copy, as modelled.
class RecordTarget : public Target {
  public:
    // provenance: Measured right after measuring, Recorded from a file. The recording must outlive the
    // target.
    RecordTarget(std::string name, const Recording& recording, Provenance provenance)
        : name_(std::move(name)), recording_(recording), provenance_(provenance) {}
    [[nodiscard]] std::string name() const override { return name_; }
    [[nodiscard]] bool can_run(const Task&) const override { return true; }
    [[nodiscard]] std::vector<TaskResult> run(
        const std::vector<Task>& tasks,
        const std::function<void(std::size_t, std::size_t)>& progress) override;

  private:
    std::string name_;
    const Recording& recording_;
    Provenance provenance_;
};

}  // namespace satsim::gpu
