// The fused update on the device: UpdateBlock's phases with barriers between them.
#include <cuda_runtime_api.h>

#include "runtime/gpu/kernels/launch.hpp"

namespace satsim::gpu {
namespace {

// What the kernels differ in behind their barrier: copies whose groups are both of M elements and compressed,
// or whatever copies there are, of groups of up to MostM.
template <int M>
struct PackCompressed {
    static constexpr int kBlocks = 4;
    static constexpr bool kMayDecay = false;
    static __device__ void run(const UpdateBlock& block, int thread, const UpdateTile& tile) {
        block.pack_compressed<M>(thread, tile);
    }
};
template <int MostM>
struct PackAny {
    static constexpr int kBlocks = MostM == 16 ? 3 : 4;
    static constexpr bool kMayDecay = true;
    static __device__ void run(const UpdateBlock& block, int thread, const UpdateTile& tile) {
        block.pack<MostM>(thread, tile);
    }
};

// Others were not measured yet (tests/gpu/update_ways.cu).
constexpr unsigned kRowsTogether = 1;

// Blocks enough on an SM that some fetch while others pack.
template <UpdateRule Rule, class Pack>
__global__ void __launch_bounds__(kUpdateThreads, Pack::kBlocks)
    update_kernel(const __grid_constant__ UpdateArguments a) {
    __shared__ UpdateTile tile;
    const UpdateTilePlace place =
        update_tile_at(blockIdx.x, static_cast<unsigned>(UpdateBlock::row_tiles(a)),
                       static_cast<unsigned>(UpdateBlock::column_tiles(a)), kRowsTogether);
    const UpdateBlock block(a, place.tap, place.row, place.column);
    const auto thread = static_cast<int>(threadIdx.x);
    if constexpr (Pack::kMayDecay && Rule != UpdateRule::None) {
        if (a.decays_pruned) {
            block.rank_old(thread, tile);
            __syncthreads();
        }
    }
    block.update<Rule, Pack::kMayDecay>(thread, tile);
    __syncthreads();
    Pack::run(block, thread, tile);
}

template <UpdateRule Rule, class Pack>
void start(const UpdateArguments& a, Stream stream) {
    // In one direction, the only one that has room for the rows of tables and of pruned maps.
    const auto grid =
        static_cast<unsigned>(UpdateBlock::column_tiles(a) * UpdateBlock::row_tiles(a) * a.taps);
    update_kernel<Rule, Pack><<<grid, kUpdateThreads, 0, stream>>>(a);
}
template <UpdateRule Rule>
void run_update(const UpdateArguments& a, Stream stream) {
    switch (UpdateBlock::compressed_groups(a)) {
        case 4:
            return start<Rule, PackCompressed<4>>(a, stream);
        case 8:
            return start<Rule, PackCompressed<8>>(a, stream);
        default:
            if (a.forward.m > 8 || a.backward.m > 8) return start<Rule, PackAny<16>>(a, stream);
            return start<Rule, PackAny<8>>(a, stream);
    }
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
