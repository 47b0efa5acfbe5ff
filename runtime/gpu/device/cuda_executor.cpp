#include "runtime/gpu/device/cuda_executor.hpp"

#include <algorithm>

#include "runtime/gpu/shared/sparse_wgmma_tile.hpp"

namespace satsim::gpu {
namespace {

constexpr std::size_t kAlignment = 256;
constexpr std::size_t kBlockBytes = std::size_t{64} << 20;

std::string describe(const SparseGemmArguments& a) {
    return std::to_string(a.view.positions()) + " positions x " + std::to_string(a.shape.rows) +
           " outputs x " + std::to_string(a.view.taps()) + " taps of " + std::to_string(a.shape.channels) +
           " channels";
}
std::string describe(std::int64_t rows, std::int64_t columns) {
    return std::to_string(rows) + " rows x " + std::to_string(columns) + " columns";
}

SparseTileSize size_for(const SparseGemmArguments& a) {
    constexpr std::int64_t kRows = 128;
    if (a.shape.rows < kRows) return SparseTileSize::Small;
    return a.view.positions() < 256 ? SparseTileSize::Medium : SparseTileSize::Large;
}

}  // namespace

CudaExecutor::Device::Device() {
    int count = 0;
    check(cudaGetDeviceCount(&count), "looking for devices");
    if (count == 0) throw InputError("GPU", "", "CUDA finds no device");
    check(cudaSetDevice(0), "choosing device 0");
}

CudaExecutor::CudaExecutor() {
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, 0), "reading the device's properties");
    name_ = properties.name;
    compute_capability_ = properties.major * 10 + properties.minor;
    if (!blas_.works()) throw InputError("GPU", "", "cuBLASLt: " + blas_.fault());
}

void* CudaExecutor::reserve(std::size_t bytes) {
    const std::size_t size = (std::max<std::size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
    while (block_ < blocks_.size() && used_ + size > blocks_[block_].bytes()) {
        ++block_;
        used_ = 0;
    }
    if (block_ == blocks_.size()) blocks_.emplace_back(std::max(size, kBlockBytes));
    void* at = static_cast<char*>(blocks_[block_].data()) + used_;
    used_ += size;
    return at;
}

void CudaExecutor::release() {
    // What one large task needed does not stay.
    if (blocks_.size() > 1) blocks_.clear();
    block_ = 0;
    used_ = 0;
}

void CudaExecutor::put(void* to, const void* from, std::size_t bytes) {
    finish(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_.get()), "a copy to the device");
}
void CudaExecutor::get(void* to, const void* from, std::size_t bytes) {
    finish(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_.get()), "a copy from the device");
}
void CudaExecutor::clear(void* to, std::size_t bytes) {
    finish(cudaMemsetAsync(to, 0, bytes, stream_.get()), "clearing device memory");
}

void CudaExecutor::product(const ProductWork& work, const std::uint16_t* a, const std::uint16_t* b, void* c) {
    blas_.multiply(work, a, b, c, stream_);
    finish(cudaSuccess, "cuBLASLt's " + gpu::describe(work));
}

std::string CudaExecutor::sparse_refusal(const Compressed24Shape& shape, const GatherView& view) const {
    if (compute_capability_ < 80) return "no sparse tensor cores before compute capability 8.0";
    if (shape.channels % kUnit != 0) return std::to_string(shape.channels) + " channels are no multiple of 8";
    if (view.channels != shape.channels) return "a map of other channels";
    return "";
}

void CudaExecutor::sparse_product(const SparseGemmArguments& a) {
    if (wgmma_allowed_ && compute_capability_ / 10 == 9 && WgmmaTile::refusal(a.shape, a.view) == nullptr) {
        const int code = launch_sparse_wgmma(a, WgmmaWay::Wide, stream_.get());
        // A build or driver without it leaves the product to the other kernel.
        if (code != cudaErrorNoKernelImageForDevice && code != cudaErrorNotSupported)
            return finish(code, "the 2:4 kernel wgmma.sp, " + describe(a));
    }
    const SparseTileSize size = size_for(a);
    finish(launch_sparse_gemm(size, a, stream_.get()),
           std::string("the 2:4 kernel mma.sp ") + to_string(size) + ", " + describe(a));
}
void CudaExecutor::update(UpdateRule rule, const UpdateArguments& a) {
    finish(launch_update(rule, a, stream_.get()),
           "the fused update, " + std::to_string(a.taps) + " taps of " + describe(a.rows, a.columns));
}
void CudaExecutor::elementwise(Elementwise operation, const ElementwiseArguments& a) {
    finish(launch_elementwise(operation, a, stream_.get()), std::string("the element-wise kernel ") +
                                                                to_string(operation) + ", " +
                                                                std::to_string(a.elements) + " elements");
}
void CudaExecutor::rowwise(Rowwise operation, const RowArguments& a) {
    finish(launch_rowwise(operation, a, stream_.get()),
           std::string("the row-wise kernel ") + to_string(operation) + ", " + describe(a.rows, a.columns));
}
void CudaExecutor::columnwise(Columnwise operation, const ColumnArguments& a) {
    finish(
        launch_columnwise(operation, a, stream_.get()),
        std::string("the column-wise kernel ") + to_string(operation) + ", " + describe(a.rows, a.columns));
}
void CudaExecutor::floats(Floats operation, const FloatArguments& a) {
    finish(launch_floats(operation, a, stream_.get()),
           "an FP32 kernel, " + std::to_string(a.elements) + " elements");
}
void CudaExecutor::windows(Windows operation, const WindowArguments& a) {
    finish(launch_windows(operation, a, stream_.get()),
           std::string("the kernel of windows ") + to_string(operation) + ", " + std::to_string(a.inputs()) +
               " elements to " + std::to_string(a.outputs()));
}
void CudaExecutor::tables(Tables operation, const TableArguments& a) {
    finish(launch_tables(operation, a, stream_.get()),
           std::string("the kernel of tables ") + to_string(operation) + ", " + std::to_string(a.positions) +
               " positions, a table of " + describe(a.rows, a.channels));
}
void CudaExecutor::transpose(const std::uint16_t* in, std::uint16_t* out, std::int64_t batch,
                             std::int64_t rows, std::int64_t columns) {
    finish(launch_transpose(in, out, batch, rows, columns, stream_.get()),
           "the transposition, " + std::to_string(batch) + " x " + describe(rows, columns));
}

void CudaExecutor::finish(int code, const std::string& what) const {
    check(code, what.c_str());
    check(cudaStreamSynchronize(stream_.get()), what.c_str());
}

}  // namespace satsim::gpu
