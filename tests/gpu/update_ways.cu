// update_ways: the fused update of 4096 x 16384 weights with both compressed copies in ways that the
// backend does not have yet, each as a share of a copy's bandwidth: tiles in other orders, and the copies'
// positions by whole lines instead of by half words. Prints a line a way; exit code 1 where ways leave
// different bits (the last column). Says "no CUDA device" without one. What wins belongs into
// kernels/update.cu, and then this file is done with.
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "runtime/gpu/kernels/launch.hpp"

namespace satsim::gpu {
namespace {

constexpr std::int64_t kRows = 4096;
constexpr std::int64_t kColumns = 16384;
constexpr std::int64_t kElements = kRows * kColumns;

void check(cudaError_t error, const char* what) {
    if (error == cudaSuccess) return;
    std::fprintf(stderr, "update_ways: %s: %s\n", what, cudaGetErrorString(error));
    std::exit(1);
}

// The positions of a whole tile, in the order of memory: [row block][chunk] lines of 64 half words, of the
// forward copy and of the backward one.
constexpr int kPositions = kUpdateRows * kUpdateColumns / kPiece;
struct Positions {
    alignas(16) std::uint16_t of[2][kPositions];
};
template <bool Forward>
constexpr int kChunks = (Forward ? kUpdateRows : kUpdateColumns) / kChunk;

struct PutShared {
    Positions& positions;
    __device__ void operator()(const CopyTarget&, const Compressed24Shape&, const PiecePlace& at,
                               std::uint16_t value) const {
        const int in_block = at.across % kRowBlock;
        const int lane = in_block % 8 * 4 + in_block / 16 * 2 + at.half;
        const int chunks = at.along_rows ? kChunks<true> : kChunks<false>;
        const int line = at.across / kRowBlock * chunks + at.piece / 2;
        positions.of[at.along_rows ? 0 : 1][line * 64 + lane * 2 + in_block / 8 % 2] = value;
    }
};

// 16 bytes of a line, thread by thread.
template <bool Forward>
__device__ void flush(const UpdateArguments& a, const UpdateTilePlace& tile, int thread,
                      const Positions& positions) {
    const Compressed24Shape shape =
        Forward ? Compressed24Shape{a.columns, a.taps, a.rows} : Compressed24Shape{a.rows, a.taps, a.columns};
    const CopyTarget& to = Forward ? a.forward : a.backward;
    const int at = thread * kHalvesAtOnce;
    const int line = at / 64;
    const std::int64_t wide = Forward ? tile.column * kUpdateColumns : tile.row * kUpdateRows;
    const std::int64_t along = Forward ? tile.row * kUpdateRows : tile.column * kUpdateColumns;
    const std::int64_t block = wide / kRowBlock + line / kChunks<Forward>;
    const std::int64_t chunk = tile.tap * shape.tap_chunks() + along / kChunk + line % kChunks<Forward>;
    const std::int64_t byte = (block * shape.chunks() + chunk) * 128 + at % 64 * 2;
    store_16_bytes(to.positions + byte, load_eight_halves(&positions.of[Forward ? 0 : 1][at]));
}

template <UpdateRule Rule, int M, bool WholeLines>
__global__ void __launch_bounds__(kUpdateThreads, 4)
    kernel(const __grid_constant__ UpdateArguments a, unsigned together) {
    __shared__ UpdateTile tile;
    __shared__ Positions positions;
    const UpdateTilePlace place =
        update_tile_at(blockIdx.x, static_cast<unsigned>(UpdateBlock::row_tiles(a)),
                       static_cast<unsigned>(UpdateBlock::column_tiles(a)), together);
    const UpdateBlock block(a, place.tap, place.row, place.column);
    const auto thread = static_cast<int>(threadIdx.x);
    block.update<Rule, false>(thread, tile);
    __syncthreads();
    if constexpr (WholeLines) {
        block.pack_compressed<M>(thread, tile, PutShared{positions});
        __syncthreads();
        constexpr int kEach = kPositions / kHalvesAtOnce;
        if (thread < kEach)
            flush<true>(a, place, thread, positions);
        else if (thread < 2 * kEach)
            flush<false>(a, place, thread - kEach, positions);
    } else {
        block.pack_compressed<M>(thread, tile);
    }
}

__global__ void fill(float* values, unsigned seed, float scale, bool positive) {
    const std::int64_t step = std::int64_t{gridDim.x} * blockDim.x;
    for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < kElements; i += step) {
        auto bits = static_cast<unsigned>(i) * 2654435761U + seed * 40503U;
        bits = (bits ^ bits >> 16) * 2246822519U;
        bits = (bits ^ bits >> 13) * 3266489917U;
        const float share = static_cast<float>(bits >> 8) * 0x1p-24F;
        values[i] = (positive ? share : share - 0.5F) * scale;
    }
}
__global__ void add_up(const unsigned* words, std::int64_t count, unsigned long long* sum) {
    unsigned long long mine = 0;
    const std::int64_t step = std::int64_t{gridDim.x} * blockDim.x;
    for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += step)
        mine += words[i] * (2 * static_cast<unsigned long long>(i) + 1);
    atomicAdd(sum, mine);
}

template <class Run>
double median_seconds(const Run& run) {
    cudaEvent_t begin = nullptr;
    cudaEvent_t end = nullptr;
    check(cudaEventCreate(&begin), "an event");
    check(cudaEventCreate(&end), "an event");
    std::vector<float> all;
    for (int i = 0; i < 13; ++i) {
        check(cudaEventRecord(begin), "an event");
        run();
        check(cudaEventRecord(end), "an event");
        check(cudaEventSynchronize(end), "a run");
        float milliseconds = 0;
        check(cudaEventElapsedTime(&milliseconds, begin, end), "a time");
        if (i >= 2) all.push_back(milliseconds);
    }
    std::sort(all.begin(), all.end());
    return all[all.size() / 2] * 1e-3;
}

template <class T>
T* buffer(std::int64_t count) {
    T* pointer = nullptr;
    check(cudaMalloc(&pointer, static_cast<std::size_t>(count) * sizeof(T)), "memory");
    return pointer;
}

void refill(const UpdateArguments& a) {
    fill<<<1024, 256>>>(const_cast<float*>(a.gradient), 1, 1e-2F, false);
    fill<<<1024, 256>>>(a.first, 2, 1e-2F, false);
    fill<<<1024, 256>>>(a.second, 3, 1e-4F, true);
    fill<<<1024, 256>>>(a.weight, 4, 0.1F, false);
}

// The bits that it leaves, summed up.
template <UpdateRule Rule, int M, bool WholeLines>
unsigned long long measure(const char* rule, UpdateArguments a, unsigned together, double copy_rate,
                           unsigned long long* sum) {
    a.forward.n = a.backward.n = 2;
    a.forward.m = a.backward.m = M;
    const auto blocks = static_cast<unsigned>(UpdateBlock::column_tiles(a) * UpdateBlock::row_tiles(a));
    const auto run = [&] { kernel<Rule, M, WholeLines><<<blocks, kUpdateThreads>>>(a, together); };
    refill(a);
    check(cudaMemset(sum, 0, sizeof *sum), "a fill");
    run();
    add_up<<<1024, 256>>>(reinterpret_cast<const unsigned*>(a.weight), kElements, sum);
    for (const CopyTarget* copy : {&a.forward, &a.backward}) {
        add_up<<<1024, 256>>>(reinterpret_cast<const unsigned*>(copy->values), kElements / 4, sum);
        add_up<<<1024, 256>>>(reinterpret_cast<const unsigned*>(copy->positions), kElements / 32, sum);
    }
    unsigned long long bits = 0;
    check(cudaMemcpy(&bits, sum, sizeof bits, cudaMemcpyDeviceToHost), "an update");
    const double seconds = median_seconds(run);
    check(cudaGetLastError(), "a launch");
    const double floats = Rule == UpdateRule::Sgd ? 5 : 7;
    const double rate = static_cast<double>(kElements) * (4 * floats + 2 * 9.0 / 8) / seconds;
    std::printf(
        "%-5s 2:%d, %2u rows of tiles together, positions by %-10s %7.1f us, %4.0f GB/s, %5.1f %% of a "
        "copy's  %016llx\n",
        rule, M, together, WholeLines ? "lines:" : "half words:", seconds * 1e6, rate * 1e-9,
        100 * rate / copy_rate, bits);
    return bits;
}

// Whether all ways left the same.
template <UpdateRule Rule, int M>
bool measure_all(const char* rule, const UpdateArguments& a, double copy_rate, unsigned long long* sum) {
    std::vector<unsigned long long> bits;
    for (const unsigned together : {1U, 2U, 4U, 8U, 16U}) {
        bits.push_back(measure<Rule, M, false>(rule, a, together, copy_rate, sum));
        bits.push_back(measure<Rule, M, true>(rule, a, together, copy_rate, sum));
    }
    return std::count(bits.begin(), bits.end(), bits.front()) == static_cast<std::ptrdiff_t>(bits.size());
}

int run_all() {
    int devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
        std::printf("update_ways: no CUDA device\n");
        return 0;
    }
    UpdateArguments a;
    a.rows = kRows;
    a.columns = kColumns;
    a.gradient = buffer<float>(kElements);
    a.first = buffer<float>(kElements);
    a.second = buffer<float>(kElements);
    a.weight = buffer<float>(kElements);
    for (CopyTarget* copy : {&a.forward, &a.backward}) {
        copy->format = CopyFormat::Compressed24;
        copy->values = buffer<std::uint16_t>(kElements / 2);
        copy->positions = buffer<std::uint8_t>(kElements / 8);
    }
    // s0 .. s10 of the programs, any that leave numbers as training has them.
    constexpr float kConstants[] = {1, 1e-4F, 0.9F, 0.1F, 0.999F, 1e-3F, 1, 1e-8F, 1e-3F, 1e-4F, 0.9999F};
    std::copy(std::begin(kConstants), std::end(kConstants), a.constants.s);
    constexpr std::int64_t kCopied = std::int64_t{1} << 30;
    auto* from = buffer<char>(kCopied);
    auto* to = buffer<char>(kCopied);
    const double copy_rate =
        2 * static_cast<double>(kCopied) / median_seconds([&] {
            check(cudaMemcpyAsync(to, from, kCopied, cudaMemcpyDeviceToDevice), "a copy");
        });
    std::printf("a copy of 1 GiB: %.0f GB/s\n", copy_rate * 1e-9);
    auto* sum = buffer<unsigned long long>(1);
    const bool adam4 = measure_all<UpdateRule::Adam, 4>("adam", a, copy_rate, sum);
    const bool adam8 = measure_all<UpdateRule::Adam, 8>("adam", a, copy_rate, sum);
    const bool sgd = measure_all<UpdateRule::Sgd, 4>("sgd", a, copy_rate, sum);
    if (adam4 && adam8 && sgd) return 0;
    std::fprintf(stderr, "update_ways: ways leave different bits\n");
    return 1;
}

}  // namespace
}  // namespace satsim::gpu

int main() {
    return satsim::gpu::run_all();
}
