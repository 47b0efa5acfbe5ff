// Cycles that schedules of a shape do not go below, from a few closed forms: which are worth planning and
// estimating. Of the array the MAC slots that are taken, of the memory bus the lines that must move.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/schedule/costs.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "runtime/schedule/tensor_layout.hpp"

namespace satsim::schedule {

// Of output-stationary schedules of an FF or BP task.
class OsBound {
  public:
    // `strip_heights`: those that the schedules may have.
    OsBound(const GemmTask& task, const MachineView& machine, const std::vector<int>& strip_heights);

    // For the slots, loop order and residence of `schedule`, whatever its strips.
    [[nodiscard]] Estimate of(const GemmSchedule& schedule) const;

  private:
    const GemmTask& task_;
    const isa::ArrayConfig& array_;
    GemmLayout layout_;
    const dram::MemoryConfig& memory_;
    double latency_;
    int height_;      // of the highest strips
    double a_lines_;  // of a walk over all positions, in those strips
};

// Of tasks that sum over positions (emit_gemm_wu.hpp).
class WuBound {
  public:
    WuBound(const GemmTask& task, const MachineView& machine);

    // For the slots of `schedule`, whether its tiles cut runs of channels or not.
    [[nodiscard]] Estimate of(const GemmSchedule& schedule) const;

  private:
    const GemmTask& task_;
    const isa::ArrayConfig& array_;
    GemmLayout layout_;
    const dram::MemoryConfig& memory_;
    std::int64_t rows_;  // of dW, in words of four
    double a_lines_;     // of all taps' positions
};

// Of weight-stationary ones.
class WsBound {
  public:
    WsBound(const GemmTask& task, const isa::ArrayConfig& array)
        : task_(task), array_(array), layout_(layout_gemm(task, array)) {}

    // For the row slots of `schedule`; of the array alone.
    [[nodiscard]] Estimate of(const GemmSchedule& schedule) const;

  private:
    const GemmTask& task_;
    const isa::ArrayConfig& array_;
    GemmLayout layout_;
};

}  // namespace satsim::schedule
