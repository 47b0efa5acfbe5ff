// Pieces of GpuEngine: each computes one kind of vector work with the device's kernels; operands are the
// table of docs/architecture/execution.md.
#pragma once

#include "runtime/execute/engine.hpp"
#include "runtime/gpu_execute/executor.hpp"

namespace satsim::execute {

// Norms by row (layernorm, groupnorm, rmsnorm): statistics, application and both gradients.
void row_norm_on(gpu::Executor& device, const VectorWork& work);
void softmax_on(gpu::Executor& device, const VectorWork& work);
void softmax_gradient_on(gpu::Executor& device, const VectorWork& work);
void loss_on(gpu::Executor& device, const VectorWork& work);
void update_on(gpu::Executor& device, const VectorWork& work);

}  // namespace satsim::execute
