// Hopper's own 2:4 kernel: WgmmaTile's copies by the tensor memory access unit, multicast in a cluster,
// wgmma.mma_async.sp for the arithmetic. One warp of a block fetches, two groups of four warps multiply;
// blocks stay and take one tile after the other, so that the next tile's fetches hide behind the results.
#include <cuda.h>
#include <cuda_runtime.h>

#include "runtime/gpu/kernels/hopper.hpp"
#include "runtime/gpu/kernels/launch.hpp"
#include "runtime/gpu/shared/sparse_wgmma_tile.hpp"

namespace satsim::gpu {
namespace {

// The build says whether it makes code of sm_90a: the host's pass cannot see it.
#if defined(SATSIM_CODE_OF_SM90A)
constexpr bool kHasCode = true;
#else
constexpr bool kHasCode = false;
#endif

struct WgmmaArguments {
    CUtensorMap map;
    CUtensorMap values;
    CUtensorMap metadata;
    SparseGemmArguments gemm;
    WgmmaGrid grid;
    bool staggered = false;
};

#if !defined(__CUDA_ARCH__) || defined(__CUDA_ARCH_FEAT_SM90_ALL)

// A place in the ring of buffers, and how often (odd or even) the ring has been passed.
template <class Tile>
struct RingPlace {
    std::uint32_t stage = 0;
    std::uint32_t parity = 0;
    __device__ void advance() {
        if (++stage == Tile::kStages) {
            stage = 0;
            parity ^= 1;
        }
    }
};

// Addresses in shared memory. A `full` barrier completes with the bytes of its buffer, an `empty` one when
// every warp that multiplies, of every block of the cluster, has read the buffer: the next copy into it goes
// to all of them.
template <class Tile>
struct SharedMemory {
    std::uint32_t base;
    __device__ std::uint32_t buffer(std::uint32_t stage) const { return base + stage * Tile::kStageBytes; }
    __device__ std::uint32_t full(std::uint32_t stage) const {
        return base + Tile::kBarrierBegin + stage * 8;
    }
    __device__ std::uint32_t empty(std::uint32_t stage) const { return full(stage + Tile::kStages); }
};

template <class Tile, int Cluster>
__device__ inline void fetch_tiles(const WgmmaArguments& a, SharedMemory<Tile> shared, std::uint32_t rank) {
    constexpr std::uint32_t kShare = Tile::kPositions / Cluster;
    const GatherView& view = a.gemm.view;
    const WgmmaWindow along_x = WgmmaWindow::along_x(view);
    const WgmmaWindow along_y = WgmmaWindow::along_y(view);
    const bool matrix = Tile::is_matrix(view);
    const int steps = Tile::steps(a.gemm);
    const int tap_steps = Tile::tap_steps(a.gemm.shape);
    const int tiles = a.grid.tiles();
    RingPlace<Tile> place;
    for (int t = static_cast<int>(blockIdx.x) / Cluster; t < tiles;
         t += static_cast<int>(gridDim.x) / Cluster) {
        const WgmmaGrid::Tile tile = a.grid.tile(t);
        const int row = tile.first_row + static_cast<int>(rank) * Tile::kRows;
        const int position = tile.first_position + static_cast<int>(rank * kShare);
        const GatherPosition base = gather_position_or_end(view, position);  // beyond the end: zeros
        const int base_x = static_cast<int>(base.x) * view.stride_x + along_x.lower;
        const int base_y = static_cast<int>(base.y) * view.stride_y + along_y.lower;
        typename Tile::StepPlace at;
        for (int step = 0; step < steps; ++step) {
            wait_barrier(shared.empty(place.stage), place.parity ^ 1);
            const std::uint32_t full = shared.full(place.stage);
            const std::uint32_t buffer = shared.buffer(place.stage);
            const std::uint32_t share = buffer + rank * kShare * Tile::kMapRowBytes;
            const int channel = at.step * Tile::kStepChannels;
            const int tap = at.weight_tap(view);
            arrive_and_expect(full, Tile::kStageBytes);
            if (matrix)
                copy_rows_to_cluster<Cluster>(share, &a.map, channel, position, full);
            else
                copy_pixels_to_cluster<Cluster>(share, &a.map, channel, base_x, base_y,
                                                static_cast<int>(base.image), at.offset_x(view, along_x),
                                                at.offset_y(view, along_y), full);
            copy_box(buffer + Tile::kValueBegin, &a.values, at.step * Tile::kStepChunks * kChunkValues, tap,
                     row, full);
            copy_box(buffer + Tile::kMetadataBegin, &a.metadata, 0, at.step * Tile::kStepChunks, tap,
                     row / kRowBlock, full);
            at.advance(view, tap_steps);
            place.advance();
        }
    }
}

// Operand A of one step.
template <class Tile>
struct Fragments {
    std::uint32_t values[Tile::kStepChunks][4];
    std::uint32_t metadata[Tile::kStepChunks];
};

// About as long as the other group takes for the first tile's arithmetic, from its first buffer on. Once
// apart the groups stay so, as both take equally long for a tile: one multiplies while the other writes. It
// is time alone that keeps them apart, nothing waits for anything that may not come.
template <class Tile>
__device__ inline void pause_for_group_0(SharedMemory<Tile> shared, int steps) {
    constexpr long long kStepCycles = 450;  // half of what both take that share a step's buffer
    wait_barrier(shared.full(0), 0);
    const long long begin = clock64();
    while (clock64() - begin < kStepCycles * steps) continue;
    __syncwarp();
}

// What is added to a thread's sums: their two rows' biases.
struct RowBias {
    float of[2];
};
template <class Tile>
__device__ inline RowBias load_bias(const SparseGemmArguments& a, std::int64_t group_row, int warp,
                                    int lane) {
    return {bias_of(a, group_row + Tile::result_row(warp, lane, 0)),
            bias_of(a, group_row + Tile::result_row(warp, lane, 2))};
}
template <class Tile>
__device__ inline void add_bias(const RowBias& bias, float (&sums)[Tile::kSums]) {
#pragma unroll
    for (int i = 0; i < Tile::kSums; ++i) sums[i] += bias.of[i / 2 % 2];
}

template <class Tile, int Cluster>
__device__ inline void multiply_tiles(const WgmmaArguments& a, SharedMemory<Tile> shared,
                                      std::uint32_t rank) {
    const int group = static_cast<int>(threadIdx.x) / Tile::kGroupThreads - 1;
    const int thread = static_cast<int>(threadIdx.x) % Tile::kGroupThreads;
    const int warp = thread / 32;
    const int lane = thread % 32;
    const int steps = Tile::steps(a.gemm);
    const int tiles = a.grid.tiles();
    RingPlace<Tile> place;
    RingPlace<Tile> behind;  // the buffer that is read out next
    float sums[Tile::kSums];
    Fragments<Tile> even;
    Fragments<Tile> odd;

    const auto load = [&](Fragments<Tile>& f) {
        wait_barrier(shared.full(place.stage), place.parity);
        __syncwarp();
        const std::uint32_t buffer = shared.buffer(place.stage);
#pragma unroll
        for (int c = 0; c < Tile::kStepChunks; ++c) {
            load_matrices(f.values[c], buffer + Tile::value_address(group, warp, lane, c));
            f.metadata[c] =
                Tile::legal_metadata(load_shared_word(buffer + Tile::metadata_address(group, warp, lane, c)));
        }
    };
    const auto multiply = [&](const Fragments<Tile>& f) {
        fence_wgmma();
#pragma unroll
        for (int c = 0; c < Tile::kStepChunks; ++c)
            wgmma_sparse(sums, f.values[c], Tile::map_descriptor(shared.buffer(place.stage), c),
                         f.metadata[c]);
        commit_wgmma();
        place.advance();
    };
    const auto release = [&] {
        arrive_in_cluster<Cluster>(shared.empty(behind.stage), lane);
        behind.advance();
    };
    const auto first_row = [&](const WgmmaGrid::Tile& tile) {
        return tile.first_row + std::int64_t{rank} * Tile::kRows + group * Tile::kGroupRows;
    };

    if (a.staggered && group == 1) pause_for_group_0(shared, steps);
    for (int t = static_cast<int>(blockIdx.x) / Cluster; t < tiles;
         t += static_cast<int>(gridDim.x) / Cluster) {
#pragma unroll
        for (float& sum : sums) sum = 0;
        keep_order(
            sums);  // else either branch clears them in its own way, the one without a bias more slowly
        RowBias bias{};
        if (a.gemm.bias != nullptr)  // now, so that nobody waits for it behind the products
            bias = load_bias<Tile>(a.gemm, first_row(a.grid.tile(t)), warp, lane);
        for (int step = 0; step < steps; step += 2) {
            load(even);
            multiply(even);
            wait_for_wgmma<1>();  // the step before: its buffer and the registers of `odd` are free
            if (step > 0) release();
            load(odd);
            multiply(odd);
            wait_for_wgmma<1>();
            release();
        }
        wait_for_wgmma<0>();
        keep_order(sums);
        if (steps > 0) release();  // without a tap there is no step, and the sums are zeros
        if (a.gemm.bias != nullptr) add_bias<Tile>(bias, sums);

        const WgmmaGrid::Tile tile = a.grid.tile(t);
        const std::int64_t row = first_row(tile);
        const std::uint32_t strip =
            shared.base + Tile::kStripBegin + static_cast<std::uint32_t>(group) * Tile::kStripBytes;
        const auto* written = static_cast<const std::uint16_t*>(__cvta_shared_to_generic(strip));
#pragma unroll
        for (int s = 0; s < Tile::kStrips; ++s) {
            synchronise_group(group);  // the strip before has been written out
#pragma unroll
            for (int j = 0; j < Tile::kStripTiles; j += 2) {
                const float* of = sums + (s * Tile::kStripTiles + j) * 4;
                store_matrices_transposed(strip + Tile::strip_address(warp, lane, j),
                                          two_halves(of[0], of[1]), two_halves(of[2], of[3]),
                                          two_halves(of[4], of[5]), two_halves(of[6], of[7]));
            }
            synchronise_group(group);
            Tile::write_strip(a.gemm, row, tile.first_position + s * Tile::kStripPositions, thread, written);
        }
    }
}

#endif

template <class Tile, int Cluster>
__global__ void __launch_bounds__(Tile::kThreads, 1)
    sparse_wgmma_kernel(const __grid_constant__ WgmmaArguments a) {
#if !defined(__CUDA_ARCH__) || defined(__CUDA_ARCH_FEAT_SM90_ALL)
    extern __shared__ unsigned char memory[];
    const SharedMemory<Tile> shared{(shared_address(memory) + 1023U) & ~1023U};
    const std::uint32_t rank = blockIdx.x % Cluster;
    if (threadIdx.x == 0) {
        for (std::uint32_t stage = 0; stage < Tile::kStages; ++stage) {
            init_barrier(shared.full(stage), 1);
            init_barrier(shared.empty(stage), Cluster * Tile::kGroups * (Tile::kGroupThreads / 32));
        }
        fence_barrier_init();
    }
    __syncwarp();
    synchronise_cluster();
    if (threadIdx.x < Tile::kGroupThreads) {
        give_registers();
        if (threadIdx.x < 32 && elected()) fetch_tiles<Tile, Cluster>(a, shared, rank);
        __syncwarp();
    } else {
        take_registers();
        multiply_tiles<Tile, Cluster>(a, shared, rank);
    }
    // Nobody leaves while a block of the cluster may still arrive at its barriers. Copies have all landed:
    // every one of them was waited for.
    synchronise_cluster();
#else
    __trap();  // no wgmma: the host never launches it
#endif
}

// libcuda is not linked: the runtime knows where its functions are. nullptr: it does not.
template <class Function>
Function* driver_function(const char* name, Function* /*its type, as <cuda.h> declares it*/) {
    void* found = nullptr;
    cudaDriverEntryPointQueryResult result{};
#if CUDART_VERSION >= 12050
    const cudaError_t error =
        cudaGetDriverEntryPointByVersion(name, &found, 12000, cudaEnableDefault, &result);
#else
    const cudaError_t error = cudaGetDriverEntryPoint(name, &found, cudaEnableDefault, &result);
#endif
    if (error != cudaSuccess || result != cudaDriverEntryPointSuccess) {
        (void)cudaGetLastError();
        return nullptr;
    }
    return reinterpret_cast<Function*>(found);
}

// Of `Rank` directions, the first contiguous; `strides` in bytes, of all directions but the first.
template <int Rank>
struct Matrix {
    CUtensorMapDataType type;
    const void* memory;
    cuuint64_t sizes[Rank];
    cuuint64_t strides[Rank - 1];
    cuuint32_t box[Rank];
    CUtensorMapSwizzle swizzle;
};
template <int Rank>
bool encode(CUtensorMap& map, const Matrix<Rank>& m) {
    static const auto function =
        driver_function<decltype(cuTensorMapEncodeTiled)>("cuTensorMapEncodeTiled", nullptr);
    cuuint32_t steps[Rank];
    for (cuuint32_t& step : steps) step = 1;
    return function != nullptr &&
           function(&map, m.type, Rank, const_cast<void*>(m.memory), m.sizes, m.strides, m.box, steps,
                    CU_TENSOR_MAP_INTERLEAVE_NONE, m.swizzle, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                    CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) == CUDA_SUCCESS;
}

template <class Tile>
bool encode_map(WgmmaArguments& a) {
    const GatherView& v = a.gemm.view;
    const WgmmaBox box = Tile::map_box(a.grid.cluster);
    const auto channels = static_cast<cuuint64_t>(v.channels);
    if (Tile::is_matrix(v))
        return encode<2>(a.map, {CU_TENSOR_MAP_DATA_TYPE_FLOAT16,
                                 a.gemm.map,
                                 {channels, static_cast<cuuint64_t>(v.positions())},
                                 {channels * 2},
                                 {box.columns, box.rows},
                                 CU_TENSOR_MAP_SWIZZLE_128B});
    static const auto function =
        driver_function<decltype(cuTensorMapEncodeIm2col)>("cuTensorMapEncodeIm2col", nullptr);
    const auto width = static_cast<cuuint64_t>(v.in_w);
    const auto height = static_cast<cuuint64_t>(v.in_h);
    const WgmmaWindow x = WgmmaWindow::along_x(v);
    const WgmmaWindow y = WgmmaWindow::along_y(v);
    const cuuint64_t sizes[] = {channels, width, height, static_cast<cuuint64_t>(v.batch)};
    const cuuint64_t strides[] = {channels * 2, width * channels * 2, height * width * channels * 2};
    const int lower[] = {x.lower, y.lower};
    const int upper[] = {x.upper, y.upper};
    const cuuint32_t steps[] = {1, static_cast<cuuint32_t>(x.stride), static_cast<cuuint32_t>(y.stride), 1};
    return function != nullptr &&
           function(&a.map, CU_TENSOR_MAP_DATA_TYPE_FLOAT16, 4, const_cast<std::uint16_t*>(a.gemm.map), sizes,
                    strides, lower, upper, box.columns, box.rows, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
                    CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                    CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) == CUDA_SUCCESS;
}

template <class Tile>
bool encode_weights(WgmmaArguments& a) {
    const Compressed24Shape& shape = a.gemm.shape;
    const auto tap_chunks = static_cast<cuuint64_t>(shape.tap_chunks());
    const auto taps = static_cast<cuuint64_t>(shape.taps);
    const auto blocks = static_cast<cuuint64_t>(shape.row_blocks());
    const WgmmaBox values = Tile::value_box();
    const WgmmaBox words = Tile::metadata_box();
    return encode<3>(a.values, {CU_TENSOR_MAP_DATA_TYPE_FLOAT16,
                                a.gemm.values,
                                {tap_chunks * kChunkValues, taps, blocks * kRowBlock},
                                {tap_chunks * kChunkValues * 2, taps * tap_chunks * kChunkValues * 2},
                                {values.columns, 1, values.rows},
                                CU_TENSOR_MAP_SWIZZLE_64B}) &&
           encode<4>(a.metadata,
                     {CU_TENSOR_MAP_DATA_TYPE_UINT32,
                      a.gemm.metadata,
                      {32, tap_chunks, taps, blocks},
                      {Tile::kWordBytes, tap_chunks * Tile::kWordBytes, taps * tap_chunks * Tile::kWordBytes},
                      {words.columns, words.rows, 1, Tile::kRows / kRowBlock},
                      CU_TENSOR_MAP_SWIZZLE_NONE});
}

// What a launch needs to know of the device, asked once: satsim uses one device.
struct Residence {
    cudaError_t error = cudaSuccess;
    int clusters = 0;  // that run at the same time
};
template <class Tile, int Cluster>
Residence residence(const cudaLaunchConfig_t& config) {
    Residence r;
    r.error = cudaFuncSetAttribute(sparse_wgmma_kernel<Tile, Cluster>,
                                   cudaFuncAttributeMaxDynamicSharedMemorySize, Tile::kSharedBytes);
    if (r.error == cudaSuccess)
        r.error = cudaOccupancyMaxActiveClusters(&r.clusters, sparse_wgmma_kernel<Tile, Cluster>, &config);
    if (r.error == cudaSuccess && r.clusters < 1) r.error = cudaErrorLaunchOutOfResources;
    if (r.error != cudaSuccess) (void)cudaGetLastError();
    return r;
}

// A launch of one cluster; `attribute` must outlive it.
template <class Tile, int Cluster>
cudaLaunchConfig_t configuration(cudaLaunchAttribute& attribute) {
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim.x = Cluster;
    attribute.val.clusterDim.y = 1;
    attribute.val.clusterDim.z = 1;
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(Cluster);
    config.blockDim = dim3(Tile::kThreads);
    config.dynamicSmemBytes = Tile::kSharedBytes;
    config.attrs = &attribute;
    config.numAttrs = 1;
    return config;
}
template <class Tile, int Cluster>
const Residence& resident_clusters() {
    static const Residence resident = [] {
        cudaLaunchAttribute attribute{};
        return residence<Tile, Cluster>(configuration<Tile, Cluster>(attribute));
    }();
    return resident;
}

template <class Tile, int Cluster>
int launch(const WgmmaArguments& a, Stream stream) {
    const Residence& resident = resident_clusters<Tile, Cluster>();
    if (resident.error != cudaSuccess) return resident.error;
    cudaLaunchAttribute attribute{};
    cudaLaunchConfig_t config = configuration<Tile, Cluster>(attribute);
    config.stream = stream;
    const int clusters = a.grid.tiles() < resident.clusters ? a.grid.tiles() : resident.clusters;
    config.gridDim = dim3(static_cast<unsigned>(clusters * Cluster));
    const cudaError_t launched = cudaLaunchKernelEx(&config, sparse_wgmma_kernel<Tile, Cluster>, a);
    if (launched != cudaSuccess) (void)cudaGetLastError();
    return launched;
}

template <class Tile>
int launch_tiles(const SparseGemmArguments& gemm, bool staggered, Stream stream) {
    if (Tile::refusal(gemm.shape, gemm.view) != nullptr) return cudaErrorInvalidValue;
    WgmmaArguments a{};
    a.gemm = gemm;
    a.staggered = staggered && Tile::steps(gemm) > 0 && Tile::steps(gemm) < Tile::kStages;
    WgmmaGrid::Resident resident;
    if (gemm.shape.rows > kWgmmaRows) {  // else there are no clusters
        const Residence& twos = resident_clusters<Tile, 2>();
        const Residence& fours = resident_clusters<Tile, 4>();
        if (twos.error != cudaSuccess) return twos.error;
        if (fours.error != cudaSuccess) return fours.error;
        resident = {twos.clusters, fours.clusters};
    }
    a.grid = WgmmaGrid::of(gemm.shape, gemm.view, Tile::kPositions, resident);
    if (!encode_map<Tile>(a) || !encode_weights<Tile>(a)) return cudaErrorNotSupported;
    switch (a.grid.cluster) {
        case 1:
            return launch<Tile, 1>(a, stream);
        case 2:
            return launch<Tile, 2>(a, stream);
        default:
            return launch<Tile, Tile::kMostCluster>(a, stream);
    }
}

}  // namespace

int launch_sparse_wgmma(const SparseGemmArguments& gemm, WgmmaWay way, Stream stream) {
    static const bool hopper = [] {
        int device = 0;
        int major = 0;
        return kHasCode && cudaGetDevice(&device) == cudaSuccess &&
               cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device) == cudaSuccess &&
               major == 9;
    }();
    if (!hopper) return cudaErrorNoKernelImageForDevice;
    if (way == WgmmaWay::Narrow) return launch_tiles<NarrowWgmmaTile>(gemm, false, stream);
    return launch_tiles<WgmmaTile>(gemm, way == WgmmaWay::Staggered, stream);
}

}  // namespace satsim::gpu
