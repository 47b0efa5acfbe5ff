// Time by CUDA events between repetitions that are all queued before the first one ends, each of as many runs
// as fill some hundreds of microseconds and use every operand set. Runs are replayed from a graph
// (replay.hpp): where a kernel is shorter than the host's call of it, the kernel is what is measured.
#pragma once

#include "runtime/gpu/device/replay.hpp"

namespace satsim::gpu {

struct Timing {
    double median = 0;  // s of one run
    double fastest = 0;
    double slowest = 0;
    int repetitions = 0;
    bool replayed = false;  // from a graph
};

[[nodiscard]] Timing time_runs(const Run& run, int sets, int repetitions, const OwnedStream& stream,
                               Launches launches = Launches::Replayed);

// The fastest of `count` ways of doing the same, timed on all sets: the first one that runs unless another
// gains more than times differ by chance. `run` queues choice number `choice` on a set and tells whether it
// could. -1: none could.
[[nodiscard]] int fastest_of(int count, const std::function<bool(int choice, int set)>& run, int sets,
                             const OwnedStream& stream);

}  // namespace satsim::gpu
