// Bytes that a tiled GEMM moves between DRAM, L2 and the SMs. docs/architecture/gpu.md.
#pragma once

#include "runtime/gpu_model/device.hpp"

namespace satsim::gpu {

// One GEMM's operands, bytes.
struct Operands {
    double a = 0;  // distinct bytes: a convolution's map, not its expanded matrix
    double b = 0;
    double c = 0;
};

// DRAM bytes of A and B together for one GEMM of m x n whose tiles run in waves of `blocks` at a time, in the
// best of three orders: waves as blocks of tiles, whose tiles share what they read; panels of B that stay in
// half of L2 while A passes; panels of A while B passes. Never less than a + b.
[[nodiscard]] double dram_operand_bytes(const Operands& operands, std::int64_t m, std::int64_t n,
                                        const Tile& tile, std::int64_t blocks, double l2_capacity);

}  // namespace satsim::gpu
