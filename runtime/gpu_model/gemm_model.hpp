// Time and energy of one GEMM on a GPU, from its device file: docs/architecture/gpu.md states every term.
//
// A kernel's time is the largest of its roofs: arithmetic, rounded up to whole tiles and whole waves of tiles
// over the SMs; L2 traffic of the tiles; DRAM traffic of the waves; the board's power limit. Every candidate
// kernel (path, tile, slices of K) is tried and the fastest is taken, as a library's heuristic would.
#pragma once

#include <string>

#include "runtime/dispatch/target.hpp"
#include "runtime/gpu_model/device.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::gpu {

// Which kernel computes a GEMM.
enum class Path {
    TensorDense,   // tensor cores, nothing skipped; a convolution gathers its operand as it goes
    TensorSparse,  // 2:4 tensor cores; a convolution's operand is first laid out as a matrix (im2col), but on
                   // a device with `sparse_gathers`
    CudaCores      // FP32 units, no tiles: for products too thin for tensor cores
};
[[nodiscard]] const char* to_string(Path path);

struct GemmEstimate {
    Path path = Path::TensorDense;
    Tile tile;                // none on CUDA cores
    std::int64_t split = 1;   // slices of K
    std::int64_t blocks = 0;  // tiles, of all GEMMs and slices
    std::int64_t waves = 0;   // of blocks over the SMs
    int kernels = 1;
    double arithmetic_s = 0;  // what the multiply-accumulates alone take at the sustained rate
    double compute_s = 0;     // with whole tiles and waves
    double memory_s = 0;      // the longer of DRAM and L2 traffic
    double prepare_s = 0;     // im2col before, reduction of slices after
    double power_s = 0;       // dynamic energy over what the board's limit leaves
    double launch_s = 0;      // of kernels, and of the library's call
    double seconds = 0;
    Bytes dram_bytes = 0;
    Macs macs = 0;         // executed, of real outputs
    double dynamic_j = 0;  // tiles' padding included
    [[nodiscard]] Bound bound() const;
};

// Matrices of the pattern are 2:4 matrices as well: every aligned group of four holds at most two non-zeros.
[[nodiscard]] bool contained_in_2_4(const NmPattern& nm);

// Why the task cannot take the 2:4 path on this device, or "".
[[nodiscard]] std::string refuses_sparse(const Device& device, const GemmTask& task);

// The fastest kernel of one path. TensorSparse asks for refuses_sparse() == "".
[[nodiscard]] GemmEstimate estimate(const Device& device, const GemmTask& task, Path path);

struct GemmChoice {
    GemmEstimate estimate;
    std::string dense_reason;  // why a sparse task runs dense; the task's own reason for a dense task
};
// The fastest kernel of all paths.
[[nodiscard]] GemmChoice choose(const Device& device, const GemmTask& task);

// Bytes that any kernel of the path must move: each operand and the result once.
[[nodiscard]] Bytes compulsory_bytes(const Device& device, const GemmTask& task, Path path);

}  // namespace satsim::gpu
