// Time and energy of vector work on a GPU, from its device file: one kernel that streams its tensors through
// the CUDA cores. docs/architecture/gpu.md states every term.
#pragma once

#include "runtime/dispatch/target.hpp"
#include "runtime/gpu_model/device.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::gpu {

// How a kernel walks its tensors: each way has its own sustained share of the bandwidth.
enum class Walk {
    Elements,  // each element by itself
    Packing,   // an update that also selects and packs N:M copies
    Rows,      // softmax, LayerNorm, loss: each row by itself
    Columns    // sums over all rows: partial sums, then a second kernel
};
[[nodiscard]] Walk walk_of(const VectorTask& task);

// Bytes of channels' coefficients that the warps of an element-wise kernel read: FP32, for a warp's 256
// elements (32 threads with 16 bytes each) every channel among them once. 0 for other work.
[[nodiscard]] double coefficient_bytes(const VectorTask& task);

struct VectorEstimate {
    double memory_s = 0;       // DRAM traffic at the walk's sustained bandwidth
    double coefficient_s = 0;  // reading coefficients from L1
    double compute_s = 0;
    double power_s = 0;   // dynamic energy over what the board's limit leaves
    double launch_s = 0;  // and what columns and packing take more
    double seconds = 0;
    Bytes dram_bytes = 0;
    double dynamic_j = 0;
    [[nodiscard]] Bound bound() const;
};
[[nodiscard]] VectorEstimate estimate(const Device& device, const VectorTask& task);

}  // namespace satsim::gpu
