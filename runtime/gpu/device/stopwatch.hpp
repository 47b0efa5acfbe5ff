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

// The fastest of `count` ways of doing the same, timed on all sets: the first one that runs unless another
// gains more than times differ by chance. `run` queues choice number `choice` on a set and tells whether it
// could. -1: none could.
[[nodiscard]] int fastest_of(int count, const std::function<bool(int choice, int set)>& run, int sets,
                             const OwnedStream& stream);

}  // namespace satsim::gpu
