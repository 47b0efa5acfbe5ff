#include "runtime/gpu/device/replay.hpp"

namespace satsim::gpu {

Replay::Replay(Run run, int sets, int runs, const OwnedStream& stream, Launches launches)
    : run_(std::move(run)), sets_(sets), runs_(runs), stream_(stream) {
    if (launches == Launches::Replayed) capture();
}

Replay::~Replay() {
    if (graph_ != nullptr) (void)cudaGraphExecDestroy(graph_);
}

void Replay::run_all() const {
    for (int i = 0; i < runs_; ++i) {
        run_(next_);
        next_ = (next_ + 1) % sets_;
    }
}

void Replay::capture() {
    // Relaxed: libraries may allocate while they are captured.
    if (cudaStreamBeginCapture(stream_.get(), cudaStreamCaptureModeRelaxed) != cudaSuccess) {
        (void)cudaGetLastError();
        return;
    }
    bool whole = true;
    try {
        run_all();
    } catch (...) {
        whole = false;  // whatever it is comes again where the work is called
    }
    cudaGraph_t captured = nullptr;
    const cudaError_t ended = cudaStreamEndCapture(stream_.get(), &captured);
    if (!whole || ended != cudaSuccess || captured == nullptr ||
        cudaGraphInstantiate(&graph_, captured, 0) != cudaSuccess ||
        cudaGraphUpload(graph_, stream_.get()) != cudaSuccess) {
        if (graph_ != nullptr) (void)cudaGraphExecDestroy(graph_);
        graph_ = nullptr;
        (void)cudaGetLastError();
    }
    if (captured != nullptr) (void)cudaGraphDestroy(captured);
}

void Replay::queue() const {
    if (graph_ != nullptr)
        check(cudaGraphLaunch(graph_, stream_.get()), "replaying a graph");
    else
        run_all();
}

}  // namespace satsim::gpu
