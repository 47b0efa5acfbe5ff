// Time by CUDA events: warm-up, then repetitions of as many runs as fill some tens of microseconds, the
// median of their means. Runs follow each other on one stream, so that the host's launches overlap with
// kernels; where a kernel is shorter than its launch, the launch is what is measured, as it would be in a
// training step.
#pragma once

#include <functional>

#include "runtime/gpu/device/cuda_support.hpp"

namespace satsim::gpu {

// Queues one run on operand set `set`.
using Run = std::function<void(int set)>;

struct Timing {
    double median = 0;  // s of one run
    double fastest = 0;
    double slowest = 0;
    int repetitions = 0;
};

[[nodiscard]] Timing time_runs(const Run& run, int sets, int repetitions, const OwnedStream& stream);

}  // namespace satsim::gpu
