// The fused update on the device: UpdateBlock's phases with barriers between them.
#include <cuda_runtime_api.h>

#include "runtime/gpu/kernels/launch.hpp"

namespace satsim::gpu {
namespace {

// Groups of up to MostM. Blocks enough on an SM that some fetch while others pack.
template <UpdateRule Rule, int MostM>
__global__ void __launch_bounds__(kUpdateThreads, MostM == 16 ? 3 : 4)
    update_kernel(const __grid_constant__ UpdateArguments a) {
    __shared__ UpdateTile tile;
    const auto columns = static_cast<unsigned>(UpdateBlock::column_tiles(a));
    const unsigned line = blockIdx.x / columns;  // of tiles
    const auto lines = static_cast<unsigned>(UpdateBlock::row_tiles(a));
    const UpdateBlock block(a, line / lines, line % lines, blockIdx.x % columns);
    const auto thread = static_cast<int>(threadIdx.x);
    if constexpr (Rule != UpdateRule::None) {
        if (a.decays_pruned) {
            block.rank_old(thread, tile);
            __syncthreads();
        }
    }
    block.update<Rule>(thread, tile);
    __syncthreads();
    block.pack<MostM>(thread, tile);
}

template <UpdateRule Rule>
void run_update(const UpdateArguments& a, Stream stream) {
    // In one direction, the only one that has room for the rows of tables and of pruned maps.
    const auto grid =
        static_cast<unsigned>(UpdateBlock::column_tiles(a) * UpdateBlock::row_tiles(a) * a.taps);
    if (a.forward.m > 8 || a.backward.m > 8)
        update_kernel<Rule, 16><<<grid, kUpdateThreads, 0, stream>>>(a);
    else
        update_kernel<Rule, 8><<<grid, kUpdateThreads, 0, stream>>>(a);
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
