// Runs of a piece of work in a row, queued as often as wanted: as one CUDA graph where the work can be
// captured, since a library's call may take the host longer than its kernels take the device; else call by
// call.
#pragma once

#include <functional>

#include "runtime/gpu/device/cuda_support.hpp"

namespace satsim::gpu {

// Queues one run on operand set `set`.
using Run = std::function<void(int set)>;

enum class Launches {
    Replayed,   // from a graph, where that works
    CallByCall  // what a program pays that calls the library anew each time
};

class Replay {
  public:
    // `runs` runs on operand sets 0, 1 ... in turn; calls go on with the set behind the last one, a graph
    // repeats itself. The work must have run once before: kernels are loaded at their first call, which a
    // capture does not allow. Errors of `run` leave the stream as it was.
    Replay(Run run, int sets, int runs, const OwnedStream& stream, Launches launches);
    Replay(const Replay&) = delete;
    Replay& operator=(const Replay&) = delete;
    ~Replay();

    void queue() const;
    [[nodiscard]] bool is_graph() const { return graph_ != nullptr; }

  private:
    void run_all() const;
    void capture();

    Run run_;
    int sets_;
    int runs_;
    const OwnedStream& stream_;
    mutable int next_ = 0;  // set
    cudaGraphExec_t graph_ = nullptr;
};

}  // namespace satsim::gpu
