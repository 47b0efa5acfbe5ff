// Instructions on shared memory that all kernels on tensor cores use. Addresses are those of shared memory
// (32 bits).
#pragma once

#include <cstdint>

namespace satsim::gpu {

__device__ inline std::uint32_t shared_address(const void* p) {
    return static_cast<std::uint32_t>(__cvta_generic_to_shared(p));
}
// Four matrices of 8 x 8, whose rows the lanes name.
__device__ inline void load_matrices(std::uint32_t (&r)[4], std::uint32_t address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address)
                 : "memory");
}

}  // namespace satsim::gpu
