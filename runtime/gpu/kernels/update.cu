// The fused update on the device: UpdateBlock's phases with barriers between them.
#include <cuda_runtime_api.h>

#include "runtime/gpu/kernels/launch.hpp"

namespace satsim::gpu {
namespace {

// What phase 2 is compiled for.
enum class Packing { Any8, Any16, Compressed4, Compressed8 };

template <Packing Kind>
__device__ void pack(const UpdateBlock& block, int thread, const UpdateTile& tile) {
    if constexpr (Kind == Packing::Any8) block.pack<8>(thread, tile);
    if constexpr (Kind == Packing::Any16) block.pack<16>(thread, tile);
    if constexpr (Kind == Packing::Compressed4) block.compress_both<4>(thread, tile);
    if constexpr (Kind == Packing::Compressed8) block.compress_both<8>(thread, tile);
}

// A block a tile.
template <UpdateRule Rule, Packing Kind>
__global__ void __launch_bounds__(kUpdateThreads, Kind == Packing::Any16 ? 3 : 4)
    update_kernel(const __grid_constant__ UpdateArguments a) {
    __shared__ UpdateTile tile;
    const UpdateBlock block(a, blockIdx.z, blockIdx.y, blockIdx.x);
    const auto thread = static_cast<int>(threadIdx.x);
    if constexpr (Rule != UpdateRule::None) {
        if (a.decays_pruned) {
            block.rank_old(thread, tile);
            __syncthreads();
        }
    }
    block.update<Rule>(thread, tile);
    __syncthreads();
    pack<Kind>(block, thread, tile);
}

// Blocks that stay for many tiles: the next tile's operands are on their way while this one is packed. A
// thread fetches what it will read itself.
template <UpdateRule Rule>
struct Staged {
    static constexpr int kArrays = kHasSecond<Rule> ? 4 : 3;
    FourFloats quads[kArrays][kUpdateQuads][kUpdateThreads];

    __device__ void fetch(const UpdateBlock& block, int thread) {
        SATSIM_UNROLL
        for (int q = 0; q < kUpdateQuads; ++q) {
            const QuadSources from = block.sources(thread, q);
            fetch_16_bytes(&quads[0][q][thread], from.gradient);
            fetch_16_bytes(&quads[1][q][thread], from.first);
            fetch_16_bytes(&quads[2][q][thread], from.weight);
            if constexpr (kHasSecond<Rule>) fetch_16_bytes(&quads[3][q][thread], from.second);
        }
    }
    [[nodiscard]] __device__ Quad quad(int thread, int q) const {
        Quad quad{quads[0][q][thread], quads[1][q][thread], {}, quads[2][q][thread]};
        if constexpr (kHasSecond<Rule>) quad.second = quads[3][q][thread];
        return quad;
    }

  private:
    static __device__ void fetch_16_bytes(FourFloats* to, const float* from) {
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(
                         static_cast<unsigned>(__cvta_generic_to_shared(to))),
                     "l"(__cvta_generic_to_global(from))
                     : "memory");
    }
};
inline __device__ void wait_for_fetches() {
    asm volatile("cp.async.wait_all;" ::: "memory");
}

constexpr int kStayingBlocks = 4;  // on a multiprocessor

template <UpdateRule Rule, Packing Kind>
__global__ void __launch_bounds__(kUpdateThreads, kStayingBlocks)
    staying_update_kernel(const __grid_constant__ UpdateArguments a) {
    __shared__ UpdateTile tile;
    __shared__ Staged<Rule> staged;
    const auto thread = static_cast<int>(threadIdx.x);
    const auto columns = static_cast<unsigned>(UpdateBlock::column_tiles(a));
    const auto rows = static_cast<unsigned>(UpdateBlock::row_tiles(a));
    const unsigned tiles = columns * rows * static_cast<unsigned>(a.taps);
    const auto block_of = [&](unsigned number) {
        return UpdateBlock(a, number / columns / rows, number / columns % rows, number % columns);
    };
    unsigned number = blockIdx.x;
    if (block_of(number).is_whole()) staged.fetch(block_of(number), thread);
    for (; number < tiles; number += gridDim.x) {
        const UpdateBlock block = block_of(number);
        if (a.decays_pruned) {
            block.rank_old(thread, tile);
            __syncthreads();
        }
        if (block.is_whole()) {
            wait_for_fetches();
            SATSIM_UNROLL
            for (int q = 0; q < kUpdateQuads; ++q)
                block.update_whole_quad<Rule>(thread, q, staged.quad(thread, q), tile);
        } else {
            block.update_edge<Rule>(thread, tile);
        }
        __syncthreads();
        const unsigned next = number + gridDim.x;
        if (next < tiles && block_of(next).is_whole()) staged.fetch(block_of(next), thread);
        pack<Kind>(block, thread, tile);
        __syncthreads();
    }
}

template <UpdateRule Rule, Packing Kind>
void run_staying(const UpdateArguments& a, std::int64_t tiles, Stream stream) {
    int device = 0;
    int processors = 0;
    if (cudaGetDevice(&device) != cudaSuccess ||
        cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device) != cudaSuccess)
        return;  // the launch's caller asks for the last error
    const auto most = static_cast<std::int64_t>(processors) * kStayingBlocks;
    staying_update_kernel<Rule, Kind>
        <<<static_cast<unsigned>(tiles < most ? tiles : most), kUpdateThreads, 0, stream>>>(a);
}

template <UpdateRule Rule>
void run_update(const UpdateArguments& a, Stream stream) {
    const dim3 grid(static_cast<unsigned>(UpdateBlock::column_tiles(a)),
                    static_cast<unsigned>(UpdateBlock::row_tiles(a)), static_cast<unsigned>(a.taps));
    if constexpr (Rule != UpdateRule::None) {
        constexpr std::int64_t kMostTiles = std::int64_t{1} << 30;
        const std::int64_t tiles = UpdateBlock::column_tiles(a) * UpdateBlock::row_tiles(a) * a.taps;
        if (tiles <= kMostTiles && UpdateBlock::compresses_both(a, 4))
            return run_staying<Rule, Packing::Compressed4>(a, tiles, stream);
        if (tiles <= kMostTiles && UpdateBlock::compresses_both(a, 8))
            return run_staying<Rule, Packing::Compressed8>(a, tiles, stream);
    }
    if (a.forward.m > 8 || a.backward.m > 8)
        update_kernel<Rule, Packing::Any16><<<grid, kUpdateThreads, 0, stream>>>(a);
    else
        update_kernel<Rule, Packing::Any8><<<grid, kUpdateThreads, 0, stream>>>(a);
}

}  // namespace

int launch_update(UpdateRule rule, const UpdateArguments& a, Stream stream) {
    if (a.taps == 0 || a.rows == 0 || a.columns == 0) return cudaSuccess;
    switch (rule) {
        case UpdateRule::Sgd:
            run_update<UpdateRule::Sgd>(a, stream);
            break;
        case UpdateRule::Adam:
            run_update<UpdateRule::Adam>(a, stream);
            break;
        case UpdateRule::AdamW:
            run_update<UpdateRule::AdamW>(a, stream);
            break;
        case UpdateRule::None:
            run_update<UpdateRule::None>(a, stream);
            break;
    }
    return cudaGetLastError();
}

}  // namespace satsim::gpu
