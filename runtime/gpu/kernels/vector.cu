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
    elementwise_kernel(const __grid_constant__ ElementwiseArguments a) {
    const std::int64_t first = thread_number() * kElementsAtOnce;
    if (first < a.elements) elementwise<Operation>(a, first);
}
template <class Operation>
void run_elementwise(const ElementwiseArguments& a, Stream stream) {
    elementwise_kernel<Operation>
        <<<blocks_of(a.elements, kThreads * kElementsAtOnce), kThreads, 0, stream>>>(a);
}

struct DeviceWarp {
    __device__ int lane() const { return static_cast<int>(threadIdx.x) % kWarp; }
    __device__ float sum(float x) const {
        for (int other = kWarp / 2; other > 0; other /= 2) x += __shfl_xor_sync(0xFFFFFFFFU, x, other);
        return x;
    }
    __device__ float largest(float x) const {
        for (int other = kWarp / 2; other > 0; other /= 2)
            x = fmaxf(x, __shfl_xor_sync(0xFFFFFFFFU, x, other));
        return x;
    }
};
template <class Operation, int Held>
__global__ void __launch_bounds__(kThreads) rowwise_kernel(const __grid_constant__ RowArguments a) {
    const std::int64_t row = thread_number() / kWarp;
    if (row < a.rows) Operation::template run<Held>(a, row, DeviceWarp{});
}
template <class Operation>
void run_rowwise(const RowArguments& a, Stream stream) {
    with_held(a.columns, [&](auto held) {
        rowwise_kernel<Operation, held><<<blocks_of(a.rows, kThreads / kWarp), kThreads, 0, stream>>>(a);
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

__global__ void transpose_kernel(const std::uint16_t* in, std::uint16_t* out, std::int64_t rows,
                                 std::int64_t columns, std::int64_t row_squares) {
    __shared__ std::uint16_t square[kSquare][kSquare + 2];
    const std::int64_t batch = blockIdx.y / row_squares;
    const std::int64_t row = blockIdx.y % row_squares * kSquare;
    const std::int64_t column = std::int64_t{blockIdx.x} * kSquare;
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
    switch (operation) {
        case Elementwise::Relu:
            run_elementwise<Relu>(a, stream);
            break;
        case Elementwise::ReluGradient:
            run_elementwise<ReluGradient>(a, stream);
            break;
        case Elementwise::Gelu:
            run_elementwise<Gelu>(a, stream);
            break;
        case Elementwise::GeluGradient:
            run_elementwise<GeluGradient>(a, stream);
            break;
        case Elementwise::Add:
            run_elementwise<Add>(a, stream);
            break;
        case Elementwise::Multiply:
            run_elementwise<Multiply>(a, stream);
            break;
        case Elementwise::MultiplyGradient:
            run_elementwise<MultiplyGradient>(a, stream);
            break;
        case Elementwise::Copy:
            run_elementwise<Copy>(a, stream);
            break;
        case Elementwise::Bias:
            run_elementwise<Bias>(a, stream);
            break;
        case Elementwise::BiasResidualRelu:
            run_elementwise<BiasResidualRelu>(a, stream);
            break;
        case Elementwise::ScaleShift:
            run_elementwise<ScaleShift>(a, stream);
            break;
        case Elementwise::NormGradient:
            run_elementwise<NormGradient>(a, stream);
            break;
        case Elementwise::Silu:
            run_elementwise<Silu>(a, stream);
            break;
        case Elementwise::SiluGradient:
            run_elementwise<SiluGradient>(a, stream);
            break;
        case Elementwise::SiluGate:
            run_elementwise<SiluGate>(a, stream);
            break;
        case Elementwise::SiluGateGradient:
            run_elementwise<SiluGateGradient>(a, stream);
            break;
    }
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
        case Rowwise::GradientStatistics:
            run_rowwise<RowGradientStatistics>(a, stream);
            break;
        case Rowwise::Gradient:
            run_rowwise<RowGradient>(a, stream);
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
    const std::int64_t row_squares = (rows + kSquare - 1) / kSquare;
    constexpr std::int64_t kLargestGrid = 65535;
    const std::int64_t at_once = row_squares < kLargestGrid ? kLargestGrid / row_squares : 1;
    for (std::int64_t first = 0; first < batch; first += at_once) {
        const std::int64_t images = batch - first < at_once ? batch - first : at_once;
        const dim3 grid(blocks_of(columns, kSquare), static_cast<unsigned>(images * row_squares));
        const std::int64_t skipped = first * rows * columns;
        transpose_kernel<<<grid, dim3(kSquare, kSquareRows), 0, stream>>>(in + skipped, out + skipped, rows,
                                                                          columns, row_squares);
    }
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
