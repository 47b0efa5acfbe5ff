// Pieces of GpuEngine: each computes one kind of vector work with the device's kernels; operands are the
// table of docs/architecture/execution.md.
#pragma once

#include "runtime/execute/engine.hpp"
#include "runtime/gpu_execute/executor.hpp"

namespace satsim::execute {

// Norms by row (layernorm, groupnorm, rmsnorm): statistics, application and both gradients.
void row_norm_on(gpu::Executor& device, const VectorWork& work);
// Softmax or SoftmaxGradient.
void softmax_on(gpu::Executor& device, const VectorWork& work, gpu::Rowwise operation);
void loss_on(gpu::Executor& device, const VectorWork& work);
void update_on(gpu::Executor& device, const VectorWork& work);
void prune_on(gpu::Executor& device, const VectorWork& work);
// Pools, resampling, and their gradients.
void windows_on(gpu::Executor& device, const VectorWork& work);
// Tables, and rows of a map that were taken several times.
void lookup_on(gpu::Executor& device, const VectorWork& work);
void nearest_on(gpu::Executor& device, const VectorWork& work);
// Of dy (times another map) over all elements that each of `to` was spread over: place[i] is that of element
// i. FP32 or FP16, as `half` says.
void spread_sums_on(gpu::Executor& device, std::span<const double> dy, const std::span<const double>* factor,
                    const std::vector<std::size_t>& place, bool half, std::span<double> to);

}  // namespace satsim::execute
