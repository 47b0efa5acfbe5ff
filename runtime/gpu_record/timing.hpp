// What the times of a recording are of.
#pragma once

#include "runtime/gpu_model/device.hpp"
#include "runtime/gpu_record/recording.hpp"

namespace satsim::gpu {

// Graph replays where the recording's time_method says so, or where a called time stands beside a work's own
// (docs/formats/gpu-recording.md); calls otherwise.
[[nodiscard]] TimingConvention timing_of(const Recording& recording);

}  // namespace satsim::gpu
