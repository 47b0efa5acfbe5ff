// The fused update on the device: UpdateBlock's phases with barriers between them.
#include <cuda_runtime_api.h>

#include "runtime/gpu/kernels/launch.hpp"

namespace satsim::gpu {
namespace {

template <UpdateRule Rule>
__global__ void __launch_bounds__(kUpdateThreads) update_kernel(const __grid_constant__ UpdateArguments a) {
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
    block.pack(thread, tile);
}

}  // namespace

int launch_update(UpdateRule rule, const UpdateArguments& a, Stream stream) {
    if (a.taps == 0 || a.rows == 0 || a.columns == 0) return cudaSuccess;
    const dim3 grid(static_cast<unsigned>(UpdateBlock::column_tiles(a)),
                    static_cast<unsigned>(UpdateBlock::row_tiles(a)), static_cast<unsigned>(a.taps));
    switch (rule) {
        case UpdateRule::Sgd:
            update_kernel<UpdateRule::Sgd><<<grid, kUpdateThreads, 0, stream>>>(a);
            break;
        case UpdateRule::Adam:
            update_kernel<UpdateRule::Adam><<<grid, kUpdateThreads, 0, stream>>>(a);
            break;
        case UpdateRule::AdamW:
            update_kernel<UpdateRule::AdamW><<<grid, kUpdateThreads, 0, stream>>>(a);
            break;
        case UpdateRule::None:
            update_kernel<UpdateRule::None><<<grid, kUpdateThreads, 0, stream>>>(a);
            break;
    }
    return cudaGetLastError();
}

}  // namespace satsim::gpu
