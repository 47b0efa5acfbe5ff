// Element-wise, row-wise and column-wise work on the device.
#include <cuda_runtime_api.h>

#include "runtime/gpu/kernels/launch.hpp"

namespace satsim::gpu {
namespace {

constexpr int kThreads = 256;

unsigned blocks_of(std::int64_t work, std::int64_t each) {
    return static_cast<unsigned>((work + each - 1) / each);
}

__device__ std::int64_t thread_number() {
    return std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
}

template <class Operation>
__global__ void __launch_bounds__(kThreads)
    elementwise_kernel(const __grid_constant__ ElementwiseArguments a, std::int64_t threads) {
    const std::int64_t thread = thread_number();
    if (thread < threads) elementwise<Operation>(a, thread, threads);
}
template <class Operation>
void run_elementwise(const ElementwiseArguments& a, Stream stream) {
    const std::int64_t threads = a.threads();
    elementwise_kernel<Operation><<<blocks_of(threads, kThreads), kThreads, 0, stream>>>(a, threads);
}

// Lanes of a row: neighbours in a warp, or a whole block.
template <int Lanes>
struct DeviceTeam {
    static constexpr int kLanes = Lanes;
    static constexpr int kWarps = Lanes / kWarp;  // 0: a part of one

    __device__ int lane() const { return static_cast<int>(threadIdx.x) % Lanes; }
    __device__ float sum(float x) const {
        return exchange(x, [](float a, float b) { return a + b; });
    }
    __device__ float largest(float x) const {
        return exchange(x, [](float a, float b) { return fmaxf(a, b); });
    }

  private:
    // The team's lanes of a warp alone take part: other teams of it may have no row.
    __device__ static unsigned mask() {
        if constexpr (Lanes >= kWarp) return 0xFFFFFFFFU;
        return ((1U << (Lanes % kWarp)) - 1) << (threadIdx.x % kWarp / Lanes * Lanes);
    }
    template <class Combine>
    __device__ float exchange(float x, Combine combine) const {
        for (int other = (Lanes < kWarp ? Lanes : kWarp) / 2; other > 0; other /= 2)
            x = combine(x, __shfl_xor_sync(mask(), x, other));
        if constexpr (kWarps > 1) {
            // Two places in turn: whoever writes one again has passed the barrier behind which it was read.
            __shared__ float of_warp[2][kWarps];
            turn_ ^= 1;
            if (threadIdx.x % kWarp == 0) of_warp[turn_][threadIdx.x / kWarp] = x;
            __syncthreads();
            x = of_warp[turn_][threadIdx.x % kWarps];
            for (int other = kWarps / 2; other > 0; other /= 2)
                x = combine(x, __shfl_xor_sync(0xFFFFFFFFU, x, other));
        }
        return x;
    }

    mutable int turn_ = 0;
};
template <int Lanes>
constexpr int kRowThreads = Lanes < kThreads ? kThreads : Lanes;

template <class Operation, int Lanes, int Held>
__global__ void __launch_bounds__(kRowThreads<Lanes>) rowwise_kernel(const __grid_constant__ RowArguments a) {
    const std::int64_t row = thread_number() / Lanes;
    if (row < a.rows) Operation::template run<Held>(a, row, DeviceTeam<Lanes>{});
}
template <class Operation>
void run_rowwise(const RowArguments& a, Stream stream) {
    with_team<Operation::kLongLanes>(a.rows, a.columns, [&](auto team) {
        constexpr int kLanes = decltype(team)::kLanes;
        rowwise_kernel<Operation, kLanes, decltype(team)::kHeld>
            <<<blocks_of(a.rows, kRowThreads<kLanes> / kLanes), kRowThreads<kLanes>, 0, stream>>>(a);
    });
}

template <class Term>
__global__ void __launch_bounds__(kColumnThreads) strip_kernel(const __grid_constant__ ColumnArguments a) {
    __shared__ ColumnTile tile;
    const auto thread = static_cast<int>(threadIdx.x);
    sum_strip<Term>(a, blockIdx.x, blockIdx.y, thread, tile);
    __syncthreads();
    fold_strip<Term>(a, blockIdx.x, blockIdx.y, thread, tile);
}
constexpr int kFinishThreads = kFinishColumns * kFinishParts;
template <class Finish>
__global__ void __launch_bounds__(kFinishThreads) finish_kernel(const __grid_constant__ ColumnArguments a) {
    __shared__ FinishTile tile;
    const auto thread = static_cast<int>(threadIdx.x);
    sum_part<Finish::kSums>(a, blockIdx.x, thread, tile);
    __syncthreads();
    finish_column<Finish>(a, blockIdx.x, thread, tile);
}
template <class Term, class Finish>
void run_columnwise(const ColumnArguments& a, Stream stream) {
    const dim3 grid(static_cast<unsigned>(a.column_blocks()), static_cast<unsigned>(a.strips()));
    strip_kernel<Term><<<grid, kColumnThreads, 0, stream>>>(a);
    finish_kernel<Finish><<<blocks_of(a.columns, kFinishColumns), kFinishThreads, 0, stream>>>(a);
}

__global__ void __launch_bounds__(kThreads) add_floats_kernel(const __grid_constant__ FloatArguments a) {
    add_floats(a, thread_number());
}
__global__ void __launch_bounds__(kTotalThreads) total_kernel(const __grid_constant__ FloatArguments a) {
    __shared__ TotalTile tile;
    const auto thread = static_cast<int>(threadIdx.x);
    sum_share(a, thread, tile);
    __syncthreads();
    fold_shares(a, thread, tile);
}

template <class Operation>
__global__ void __launch_bounds__(kThreads)
    window_kernel(const __grid_constant__ WindowArguments a, std::int64_t threads) {
    const std::int64_t i = thread_number();
    if (i < threads) Operation::run(a, i);
}
template <class Operation>
void run_windows(const WindowArguments& a, std::int64_t threads, Stream stream) {
    if (threads > 0)
        window_kernel<Operation><<<blocks_of(threads, kThreads), kThreads, 0, stream>>>(a, threads);
}
template <class Operation>
__global__ void __launch_bounds__(kThreads) table_kernel(const __grid_constant__ TableArguments a) {
    const std::int64_t i = thread_number();
    if (i < Operation::threads(a)) Operation::run(a, i);
}
template <class Operation>
void run_table(const TableArguments& a, Stream stream) {
    const std::int64_t threads = Operation::threads(a);
    if (threads > 0) table_kernel<Operation><<<blocks_of(threads, kThreads), kThreads, 0, stream>>>(a);
}

constexpr int kSquare = 32;
constexpr int kSquareRows = 8;

// A block turns a square: those of a matrix row by row of squares, matrix after matrix.
__global__ void transpose_kernel(const std::uint16_t* in, std::uint16_t* out, std::int64_t rows,
                                 std::int64_t columns, unsigned row_squares, unsigned column_squares) {
    __shared__ std::uint16_t square[kSquare][kSquare + 2];
    const unsigned line = blockIdx.x / column_squares;
    const std::int64_t batch = line / row_squares;
    const std::int64_t row = std::int64_t{line % row_squares} * kSquare;
    const std::int64_t column = std::int64_t{blockIdx.x % column_squares} * kSquare;
    const auto x = static_cast<int>(threadIdx.x);
    in += batch * rows * columns;
    out += batch * rows * columns;
    for (int y = static_cast<int>(threadIdx.y); y < kSquare; y += kSquareRows) {
        if (row + y < rows && column + x < columns) square[y][x] = in[(row + y) * columns + column + x];
    }
    __syncthreads();
    for (int y = static_cast<int>(threadIdx.y); y < kSquare; y += kSquareRows) {
        if (column + y < columns && row + x < rows) out[(column + y) * rows + row + x] = square[x][y];
    }
}

__global__ void __launch_bounds__(kThreads)
    traffic_kernel(const float4* in, std::int64_t reads, float4* out, std::int64_t writes, int flops) {
    const std::int64_t step = std::int64_t{gridDim.x} * blockDim.x;
    float4 sum = make_float4(0, 0, 0, 0);
    for (std::int64_t i = thread_number(); i < reads; i += step) {
        const float4 x = in[i];
        for (int f = 0; f < flops; ++f) sum.x += x.x;
        sum.y += x.y;
        sum.z += x.z;
        sum.w += x.w;
    }
    for (std::int64_t i = thread_number(); i < writes; i += step) out[i] = sum;
    // Reads must not vanish where nothing is written: a sum that never comes out.
    if (writes == 0 && sum.y == 1.25F && sum.z == 2.5F) out[0] = sum;
}

}  // namespace

int launch_elementwise(Elementwise operation, const ElementwiseArguments& a, Stream stream) {
    if (a.elements == 0) return cudaSuccess;
    with_operation(operation, [&](auto chosen) { run_elementwise<decltype(chosen)>(a, stream); });
    return cudaGetLastError();
}

int launch_rowwise(Rowwise operation, const RowArguments& a, Stream stream) {
    if (a.rows == 0) return cudaSuccess;
    switch (operation) {
        case Rowwise::Statistics:
            run_rowwise<RowStatistics>(a, stream);
            break;
        case Rowwise::Normalise:
            run_rowwise<RowNormalise>(a, stream);
            break;
        case Rowwise::Norm:
            run_rowwise<RowNorm>(a, stream);
            break;
        case Rowwise::GradientStatistics:
            run_rowwise<RowGradientStatistics>(a, stream);
            break;
        case Rowwise::Gradient:
            run_rowwise<RowGradient>(a, stream);
            break;
        case Rowwise::NormGradient:
            run_rowwise<RowNormGradient>(a, stream);
            break;
        case Rowwise::Softmax:
            run_rowwise<RowSoftmax>(a, stream);
            break;
        case Rowwise::SoftmaxGradient:
            run_rowwise<RowSoftmaxGradient>(a, stream);
            break;
        case Rowwise::Loss:
            run_rowwise<RowLoss>(a, stream);
            break;
    }
    return cudaGetLastError();
}

int launch_columnwise(Columnwise operation, const ColumnArguments& a, Stream stream) {
    if (a.rows == 0 || a.columns == 0) return cudaSuccess;
    switch (operation) {
        case Columnwise::BiasGradient:
            run_columnwise<SumOnly, FinishSum>(a, stream);
            break;
        case Columnwise::Statistics:
            run_columnwise<SumAndSquares, FinishStatistics>(a, stream);
            break;
        case Columnwise::GradientStatistics:
            run_columnwise<SumAndProducts, FinishGradient>(a, stream);
            break;
        case Columnwise::RowGradientSums:
            run_columnwise<SumAndRowProducts, FinishBoth>(a, stream);
            break;
    }
    return cudaGetLastError();
}

int launch_floats(Floats operation, const FloatArguments& a, Stream stream) {
    switch (operation) {
        case Floats::Add:
            if (a.elements > 0)
                add_floats_kernel<<<blocks_of(a.elements, kThreads), kThreads, 0, stream>>>(a);
            break;
        case Floats::Total:
            total_kernel<<<1, kTotalThreads, 0, stream>>>(a);
            break;
    }
    return cudaGetLastError();
}

int launch_windows(Windows operation, const WindowArguments& a, Stream stream) {
    switch (operation) {
        case Windows::MaximumPool:
            run_windows<MaximumPool>(a, a.outputs(), stream);
            break;
        case Windows::AveragePool:
            run_windows<AveragePool>(a, a.outputs(), stream);
            break;
        case Windows::MaximumPoolGradient:
            run_windows<MaximumPoolGradient>(a, a.inputs(), stream);
            break;
        case Windows::AveragePoolGradient:
            run_windows<AveragePoolGradient>(a, a.inputs(), stream);
            break;
        case Windows::Resample:
            run_windows<Resample>(a, a.outputs(), stream);
            break;
        case Windows::ResampleGradient:
            run_windows<ResampleGradient>(a, a.inputs(), stream);
            break;
    }
    return cudaGetLastError();
}

int launch_tables(Tables operation, const TableArguments& a, Stream stream) {
    switch (operation) {
        case Tables::Lookup:
            run_table<Lookup>(a, stream);
            break;
        case Tables::LookupGradient:
            run_table<LookupGradient>(a, stream);
            break;
        case Tables::Nearest:
            run_table<RowLengths>(a, stream);
            run_table<NearestRow>(a, stream);
            break;
    }
    return cudaGetLastError();
}

int launch_transpose(const std::uint16_t* in, std::uint16_t* out, std::int64_t batch, std::int64_t rows,
                     std::int64_t columns, Stream stream) {
    if (batch * rows * columns == 0) return cudaSuccess;
    const unsigned row_squares = blocks_of(rows, kSquare);
    const unsigned column_squares = blocks_of(columns, kSquare);
    // In one direction, the only one that has room for the positions of large maps.
    const std::int64_t squares = batch * row_squares * column_squares;
    if (squares > INT32_MAX) return cudaErrorInvalidConfiguration;
    transpose_kernel<<<static_cast<unsigned>(squares), dim3(kSquare, kSquareRows), 0, stream>>>(
        in, out, rows, columns, row_squares, column_squares);
    return cudaGetLastError();
}

int launch_traffic(const void* in, std::int64_t read, void* out, std::int64_t written, int flops,
                   Stream stream) {
    constexpr std::int64_t kUnit = 16;
    const std::int64_t most = read > written ? read : written;
    if (most < kUnit) return cudaSuccess;
    unsigned blocks = blocks_of(most / kUnit, kThreads * 4);
    constexpr unsigned kMostBlocks = 132 * 16;  // some waves on any device; threads loop over the rest
    if (blocks > kMostBlocks) blocks = kMostBlocks;
    traffic_kernel<<<blocks, kThreads, 0, stream>>>(static_cast<const float4*>(in), read / kUnit,
                                                    static_cast<float4*>(out), written / kUnit, flops);
    return cudaGetLastError();
}

}  // namespace satsim::gpu
