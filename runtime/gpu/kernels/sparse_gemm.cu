// The own 2:4 kernel: SparseTile's copies by cp.async, its reads by ldmatrix, mma.sp for the arithmetic.
#include <cuda_runtime_api.h>

#include "runtime/gpu/kernels/launch.hpp"
#include "runtime/gpu/kernels/shared_memory.hpp"

namespace satsim::gpu {
namespace {

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800

template <class Copy>
__device__ inline void copy_async(std::uint32_t stage, const Copy& copy) {
    const int bytes = copy.any ? 16 : 0;  // the rest of 16 becomes zeros
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(
                     stage + static_cast<std::uint32_t>(copy.to) * 16),
                 "l"(copy.from), "r"(bytes)
                 : "memory");
}
__device__ inline void commit_copies() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int Pending>
__device__ inline void wait_for_copies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
}

template <class Tile>
__device__ inline void add_bias(const SparseGemmArguments& a, std::int64_t first_row, int warp, int lane,
                                float (&sums)[Tile::kRowTiles][Tile::kPositionTiles][4]) {
#pragma unroll
    for (int i = 0; i < Tile::kRowTiles; ++i) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const float bias = bias_of(a, first_row + Tile::result_row(warp, lane, i, 2 * half));
#pragma unroll
            for (int j = 0; j < Tile::kPositionTiles; ++j) {
                sums[i][j][2 * half] += bias;
                sums[i][j][2 * half + 1] += bias;
            }
        }
    }
}

// PTX 8.5 renamed the instruction for metadata whose positions are in order, which ours are.
template <int Selector>
__device__ inline void multiply(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[4],
                                std::uint32_t metadata) {
    asm volatile(
        "mma.sp::ordered_metadata.sync.aligned.m16n8k32.row.col.f32.f16.f16.f32 "
        "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9,%10,%11}, {%0,%1,%2,%3}, %12, %13;"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(b[2]), "r"(b[3]),
          "r"(metadata), "n"(Selector));
}

#endif

template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads)
    sparse_gemm_kernel(const __grid_constant__ SparseGemmArguments a) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
    extern __shared__ __align__(128) unsigned char memory[];
    const auto thread = static_cast<int>(threadIdx.x);
    const int warp = thread / 32;
    const int lane = thread % 32;
    // Blocks of the same positions follow each other, so that they find the map in L2.
    const unsigned row_tiles = static_cast<unsigned>((a.shape.rows + Tile::kRows - 1) / Tile::kRows);
    const std::int64_t first_row = std::int64_t{blockIdx.x % row_tiles} * Tile::kRows;
    const std::int64_t first_position = std::int64_t{blockIdx.x / row_tiles} * Tile::kPositions;
    const int steps = Tile::steps(a);

    GatherRow rows[Tile::kMapRowsOfThread];
#pragma unroll
    for (int i = 0; i < Tile::kMapRowsOfThread; ++i)
        rows[i] = gather_row(a.view, first_position + Tile::map_row(thread, i));

    const std::uint32_t base = shared_address(memory);
    typename Tile::ChunkCursor next[Tile::kStepChunks];  // of the next step to be fetched
#pragma unroll
    for (int c = 0; c < Tile::kStepChunks; ++c) next[c] = Tile::first_chunk(a, c);
    const auto fetch = [&](int step) {
        if (step < steps) {
            const std::uint32_t stage =
                base + static_cast<std::uint32_t>(step % Tile::kStages) * Tile::kStageUnits * 16;
            static_assert(Tile::kStepChunks == 2);
            const auto zero = Tile::place_of(a, next[0]);
            const auto one = Tile::place_of(a, next[1]);
#pragma unroll
            for (int c = 0; c < 2; ++c) Tile::advance(a, next[c], 2);
            const auto of_values = Tile::choose(Tile::value_chunk(thread), zero, one);
#pragma unroll
            for (int i = 0; i < Tile::kValueUnits / Tile::kThreads; ++i)
                copy_async(stage, Tile::copy_values(a, first_row, thread + i * Tile::kThreads, of_values));
            const auto of_map = Tile::choose(Tile::map_chunk(thread), zero, one);
#pragma unroll
            for (int i = 0; i < Tile::kMapRowsOfThread; ++i)
                copy_async(stage, Tile::copy_map(a, rows[i], thread, i, of_map));
            if (thread < Tile::kMetadataUnits) {
                const auto of_metadata = Tile::choose(Tile::metadata_chunk(thread), zero, one);
                copy_async(stage, Tile::copy_metadata(a, first_row, thread, of_metadata));
            }
        }
        commit_copies();  // also when empty: the count of groups is the count of steps
    };

    float sums[Tile::kRowTiles][Tile::kPositionTiles][4] = {};
    for (int step = 0; step < Tile::kStages - 1; ++step) fetch(step);
    for (int step = 0; step < steps; ++step) {
        wait_for_copies<Tile::kStages - 2>();
        __syncthreads();  // the step's copies of all threads are there, and its stage-to-be is read out
        fetch(step + Tile::kStages - 1);
        const int stage = step % Tile::kStages * Tile::kStageUnits;
#pragma unroll
        for (int c = 0; c < Tile::kStepChunks; ++c) {
            std::uint32_t map[Tile::kPositionTiles][4];
#pragma unroll
            for (int j = 0; j < Tile::kPositionTiles; ++j)
                load_matrices(map[j], base + (stage + Tile::map_unit(warp, lane, j, c)) * 16);
#pragma unroll
            for (int pair = 0; pair < Tile::kRowTiles / 2; ++pair) {
                const auto* words = reinterpret_cast<const std::uint32_t*>(memory);
                const std::uint32_t metadata = words[stage * 4 + Tile::metadata_word(warp, lane, pair, c)];
                std::uint32_t upper[4];
                std::uint32_t lower[4];
                load_matrices(upper, base + (stage + Tile::value_unit(warp, lane, 2 * pair, c)) * 16);
                load_matrices(lower, base + (stage + Tile::value_unit(warp, lane, 2 * pair + 1, c)) * 16);
#pragma unroll
                for (int j = 0; j < Tile::kPositionTiles; ++j) {
                    multiply<0>(sums[2 * pair][j], upper, map[j], metadata);
                    multiply<1>(sums[2 * pair + 1][j], lower, map[j], metadata);
                }
            }
        }
    }
    wait_for_copies<0>();
    if (a.bias != nullptr) add_bias<Tile>(a, first_row, warp, lane, sums);
    __syncthreads();
    auto* result = reinterpret_cast<std::uint16_t*>(memory);
#pragma unroll
    for (int i = 0; i < Tile::kRowTiles; ++i) {
#pragma unroll
        for (int j = 0; j < Tile::kPositionTiles; ++j) {
#pragma unroll
            for (int e = 0; e < 4; ++e) result[Tile::result_at(warp, lane, i, j, e)] = to_half(sums[i][j][e]);
        }
    }
    __syncthreads();
    Tile::write_result(a, first_row, first_position, thread, result);
#else
    __trap();  // no mma.sp before compute capability 8.0; the host never launches it there
#endif
}

template <class Tile>
int launch(const SparseGemmArguments& a, Stream stream) {
    const auto kernel = sparse_gemm_kernel<Tile>;
    static const cudaError_t raised =  // once: satsim uses one device
        cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, Tile::kSharedBytes);
    if (raised != cudaSuccess) {
        (void)cudaGetLastError();
        return raised;
    }
    const std::int64_t row_tiles = (a.shape.rows + Tile::kRows - 1) / Tile::kRows;
    const std::int64_t position_tiles = (a.view.positions() + Tile::kPositions - 1) / Tile::kPositions;
    kernel<<<static_cast<unsigned>(row_tiles * position_tiles), Tile::kThreads, Tile::kSharedBytes, stream>>>(
        a);
    return cudaGetLastError();
}

}  // namespace

const char* to_string(SparseTileSize size) {
    switch (size) {
        case SparseTileSize::Large:
            return "128x256";
        case SparseTileSize::Medium:
            return "128x128";
        case SparseTileSize::Small:
            return "64x64";
    }
    return "?";
}

int launch_sparse_gemm(SparseTileSize size, const SparseGemmArguments& a, Stream stream) {
    switch (size) {
        case SparseTileSize::Large:
            return launch<LargeSparseTile>(a, stream);
        case SparseTileSize::Medium:
            return launch<MediumSparseTile>(a, stream);
        case SparseTileSize::Small:
            return launch<SmallSparseTile>(a, stream);
    }
    return cudaErrorInvalidValue;
}

}  // namespace satsim::gpu
