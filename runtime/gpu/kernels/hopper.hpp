// Hopper's instructions that the kernels use, by name. PTX ISA 8.0 and later; sm_90a. Addresses are those of
// shared memory (32 bits).
#pragma once

#include <cuda.h>

#include "runtime/gpu/kernels/shared_memory.hpp"
#include "runtime/gpu/shared/arithmetic.hpp"

#if !defined(__CUDA_ARCH__) || defined(__CUDA_ARCH_FEAT_SM90_ALL)

namespace satsim::gpu {

// One lane of the warp, the same each time. The compiler knows that it is alone.
__device__ inline bool elected() {
    std::uint32_t chosen;
    asm volatile(
        "{\n.reg .pred p;\n"
        "elect.sync _|p, 0xFFFFFFFF;\n"
        "selp.u32 %0, 1, 0, p;\n}"
        : "=r"(chosen));
    return chosen != 0;
}

// Barriers that count arrivals and bytes.
__device__ inline void init_barrier(std::uint32_t barrier, std::uint32_t arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}
// Before the cluster's first use of them.
__device__ inline void fence_barrier_init() {
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}
__device__ inline void arrive_and_expect(std::uint32_t barrier, std::uint32_t bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes)
                 : "memory");
}
// Until the phase of that parity is complete. A barrier begins as if one of parity 1 had been.
__device__ inline void wait_barrier(std::uint32_t barrier, std::uint32_t parity) {
    std::uint32_t done = 0;
    while (done == 0) {
        asm volatile(
            "{\n.reg .pred p;\n"
            "mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n"
            "selp.u32 %0, 1, 0, p;\n}"
            : "=r"(done)
            : "r"(barrier), "r"(parity)
            : "memory");
    }
}
// A warp arrives once at the barrier of that address in every block of the cluster, having read what the
// barrier guards into registers. Nothing that it wrote is handed over, so no scope wider than the default is
// named: releasing to the cluster would wait for all of the warp's stores.
template <int Cluster>
__device__ inline void arrive_in_cluster(std::uint32_t barrier, int lane) {
    __syncwarp();
    if (lane >= Cluster) return;
    asm volatile(
        "{\n.reg .b32 there;\n"
        "mapa.shared::cluster.u32 there, %0, %1;\n"
        "mbarrier.arrive.shared::cluster.b64 _, [there];\n}" ::"r"(barrier),
        "r"(lane)
        : "memory");
}
__device__ inline void synchronise_cluster() {
    asm volatile("barrier.cluster.arrive.release;" ::: "memory");
    asm volatile("barrier.cluster.wait.acquire;" ::: "memory");
}
// The 128 threads of one multiplying group.
__device__ inline void synchronise_group(int group) {
    asm volatile("bar.sync %0, 128;" ::"r"(group + 1) : "memory");
}

// A box of three or four directions from (x, y, z, w) on, by the tensor memory access unit; its bytes count
// at `barrier`.
__device__ inline void copy_box(std::uint32_t to, const CUtensorMap* from, int x, int y, int z,
                                std::uint32_t barrier) {
    asm volatile(
        "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, "
        "%4}], [%5];" ::"r"(to),
        "l"(from), "r"(x), "r"(y), "r"(z), "r"(barrier)
        : "memory");
}
__device__ inline void copy_box(std::uint32_t to, const CUtensorMap* from, int x, int y, int z, int w,
                                std::uint32_t barrier) {
    asm volatile(
        "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, "
        "%4, %5}], [%6];" ::"r"(to),
        "l"(from), "r"(x), "r"(y), "r"(z), "r"(w), "r"(barrier)
        : "memory");
}
// Rows of a matrix to the same address in every block of the cluster, counted at the barrier of the same
// address there.
template <int Cluster>
__device__ inline void copy_rows_to_cluster(std::uint32_t to, const CUtensorMap* from, int x, int y,
                                            std::uint32_t barrier) {
    if constexpr (Cluster == 1) {
        asm volatile(
            "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, "
            "%3}], [%4];" ::"r"(to),
            "l"(from), "r"(x), "r"(y), "r"(barrier)
            : "memory");
    } else {
        asm volatile(
            "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster "
            "[%0], [%1, {%2, %3}], [%4], %5;" ::"r"(to),
            "l"(from), "r"(x), "r"(y), "r"(barrier), "h"(static_cast<std::uint16_t>((1U << Cluster) - 1))
            : "memory");
    }
}
// The same for pixels of a map of [image][y][x][channel], im2col mode.
template <int Cluster>
__device__ inline void copy_pixels_to_cluster(std::uint32_t to, const CUtensorMap* from, int channel, int x,
                                              int y, int image, int offset_x, int offset_y,
                                              std::uint32_t barrier) {
    const auto beyond_x = static_cast<std::uint16_t>(offset_x);
    const auto beyond_y = static_cast<std::uint16_t>(offset_y);
    if constexpr (Cluster == 1) {
        asm volatile(
            "cp.async.bulk.tensor.4d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes [%0], [%1, "
            "{%2, %3, %4, %5}], [%6], {%7, %8};" ::"r"(to),
            "l"(from), "r"(channel), "r"(x), "r"(y), "r"(image), "r"(barrier), "h"(beyond_x), "h"(beyond_y)
            : "memory");
    } else {
        asm volatile(
            "cp.async.bulk.tensor.4d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes"
            ".multicast::cluster [%0], [%1, {%2, %3, %4, %5}], [%6], {%7, %8}, %9;" ::"r"(to),
            "l"(from), "r"(channel), "r"(x), "r"(y), "r"(image), "r"(barrier), "h"(beyond_x), "h"(beyond_y),
            "h"(static_cast<std::uint16_t>((1U << Cluster) - 1))
            : "memory");
    }
}

__device__ inline std::uint32_t load_shared_word(std::uint32_t address) {
    std::uint32_t word;
    asm volatile("ld.shared::cta.b32 %0, [%1];" : "=r"(word) : "r"(address) : "memory");
    return word;
}
__device__ inline void store_matrices_transposed(std::uint32_t address, std::uint32_t r0, std::uint32_t r1,
                                                 std::uint32_t r2, std::uint32_t r3) {
    asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1,%2,%3,%4};" ::"r"(address),
                 "r"(r0), "r"(r1), "r"(r2), "r"(r3)
                 : "memory");
}
// to_half of both at once: the device's NaN is 0x7FFF, ours 0x7E00.
__device__ inline std::uint32_t two_halves(float low, float high) {
    std::uint32_t halves;
    std::uint32_t nans;  // all bits of a half that is not equal to itself
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(halves) : "f"(high), "f"(low));
    asm("set.neu.u32.f16x2 %0, %1, %1;" : "=r"(nans) : "r"(halves));
    return halves ^ (nans & 0x01FF01FFU);
}

// A group of 128 that fetches needs few registers, two that multiply need many: 40 + 2 * 232 <= 3 * 168.
__device__ inline void give_registers() {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
}
__device__ inline void take_registers() {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
}

__device__ inline void fence_wgmma() {
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}
__device__ inline void commit_wgmma() {
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
template <int Pending>
__device__ inline void wait_for_wgmma() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Pending) : "memory");
}
// No use of the sums moves across this.
template <int Sums>
__device__ inline void keep_order(float (&sums)[Sums]) {
#pragma unroll
    for (float& sum : sums) asm volatile("" : "+f"(sum)::"memory");
}

#define SATSIM_FOUR(d, i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define SATSIM_SIXTEEN(d, i) \
    SATSIM_FOUR(d, i), SATSIM_FOUR(d, i + 4), SATSIM_FOUR(d, i + 8), SATSIM_FOUR(d, i + 12)

// 64 x 256 sums += A (64 x 32, 2:4, values and positions in registers) * B (256 x 32 in shared memory, K
// contiguous). Selector 0: lanes 0 and 1 of four hold the positions.
__device__ inline void wgmma_sparse(float (&d)[128], const std::uint32_t (&a)[4], std::uint64_t b,
                                    std::uint32_t metadata) {
    asm volatile(
        "{\n.reg .pred p;\n"
        "setp.ne.b32 p, %134, 0;\n"
        "wgmma.mma_async.sp.sync.aligned.m64n256k32.f32.f16.f16 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, "
        "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, "
        "%40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, "
        "%59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, "
        "%78, %79, %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, %96, "
        "%97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, %112, "
        "%113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}, "
        "{%128, %129, %130, %131}, %132, %133, 0, p, 1, 1, 0;\n}"
        : SATSIM_SIXTEEN(d, 0), SATSIM_SIXTEEN(d, 16), SATSIM_SIXTEEN(d, 32), SATSIM_SIXTEEN(d, 48),
          SATSIM_SIXTEEN(d, 64), SATSIM_SIXTEEN(d, 80), SATSIM_SIXTEEN(d, 96), SATSIM_SIXTEEN(d, 112)
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(metadata), "r"(1));
}

// The same with 64 x 128 sums and 128 positions.
__device__ inline void wgmma_sparse(float (&d)[64], const std::uint32_t (&a)[4], std::uint64_t b,
                                    std::uint32_t metadata) {
    asm volatile(
        "{\n.reg .pred p;\n"
        "setp.ne.b32 p, %70, 0;\n"
        "wgmma.mma_async.sp.sync.aligned.m64n128k32.f32.f16.f16 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, "
        "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, "
        "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, "
        "%56, %57, %58, %59, %60, %61, %62, %63}, "
        "{%64, %65, %66, %67}, %68, %69, 0, p, 1, 1, 0;\n}"
        : SATSIM_SIXTEEN(d, 0), SATSIM_SIXTEEN(d, 16), SATSIM_SIXTEEN(d, 32), SATSIM_SIXTEEN(d, 48)
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(metadata), "r"(1));
}

#undef SATSIM_SIXTEEN
#undef SATSIM_FOUR

}  // namespace satsim::gpu

#endif
