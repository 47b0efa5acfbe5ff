// Tasks on a GPU: FP16 maps, FP32 arithmetic and accumulation in its kernels' own order, maps rounded to FP16
// when they are written.
//
// The host gathers operands, as SAT's address generators would, and turns them into FP16 and FP32 buffers;
// all arithmetic is the device's. What there is no kernel for is refused, never computed on the host.
//   dense products        cuBLASLt; convolutions of their gathered map (im2col)
//   patterns within 2:4   the own 2:4 kernel, which gathers the map itself; where it takes no such product
//                         (channels that are no multiple of 8), the dense copy by cuBLASLt
//   updates               the fused kernel, with both packed copies; pruning alone by the same kernel
//   vector work           the kernels of kernels/vector.cu
#pragma once

#include <map>
#include <string>

#include "runtime/execute/engine.hpp"
#include "runtime/gpu_execute/executor.hpp"
#include "runtime/workload/network.hpp"

namespace satsim::execute {

class GpuEngine : public Engine {
  public:
    // The device must outlive the engine. A task does not say which function its layer is, so the networks
    // whose tasks refusal() is asked about are made known by add_layers().
    explicit GpuEngine(gpu::Executor& device) : device_(device) {}
    GpuEngine(gpu::Executor& device, const Network& network) : device_(device) { add_layers(network); }
    void add_layers(const Network& network);

    [[nodiscard]] std::string name() const override { return "gpu"; }
    // Vector work without a kernel, layers that no network has made known.
    [[nodiscard]] std::string refusal(const Task& task) const override;
    // Both throw InputError for a task that refusal() refuses and where the device fails, naming the layer.
    void gemm(const GemmWork& work) override;
    void vector(const VectorWork& work) override;

  private:
    struct KnownLayer {
        LayerKind kind = LayerKind::Conv;
        std::string function;
    };
    [[nodiscard]] std::string refusal(const VectorTask& task) const;

    gpu::Executor& device_;
    std::map<std::string, KnownLayer> layers_;
};

}  // namespace satsim::execute
