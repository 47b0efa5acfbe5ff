// A real device as the machine that the checks of tests/unit/gpu run on.
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "runtime/gpu/device/cuda_support.hpp"
#include "runtime/gpu/kernels/launch.hpp"
#include "runtime/gpu/shared/sparse_wgmma_tile.hpp"

namespace satsim::gpu::test {

[[nodiscard]] inline bool has_device() {
    int count = 0;
    return cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
}

// Skipped by name where there is none.
class DeviceTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!has_device()) GTEST_SKIP() << "no CUDA device";
    }
};

class DeviceMachine {
  public:
    // Copies `values` to the device; the same vector keeps its place as long as its size stays.
    template <class T>
    T* put(std::vector<T>& values) {
        DeviceBuffer& buffer = buffers_[&values];
        const std::size_t bytes = std::max<std::size_t>(values.size() * sizeof(T), 16);
        if (buffer.bytes() != bytes) buffer = DeviceBuffer(bytes);
        check(cudaMemcpy(buffer.data(), values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice),
              "a copy");
        check(cudaDeviceSynchronize(), "a copy");  // other streams may read it at once
        return static_cast<T*>(buffer.data());
    }
    template <class T>
    void get(std::vector<T>& values) {
        check(cudaDeviceSynchronize(), "a kernel");
        check(cudaMemcpy(values.data(), buffers_.at(&values).data(), values.size() * sizeof(T),
                         cudaMemcpyDeviceToHost),
              "a copy");
    }

    void update(UpdateRule rule, const UpdateArguments& a) {
        check(launch_update(rule, a, nullptr), "update");
    }
    void sparse_gemm(SparseTileSize size, const SparseGemmArguments& a) {
        check(launch_sparse_gemm(size, a, nullptr), "sparse product");
    }
    void sparse_gemm(WgmmaTile, const SparseGemmArguments& a) {
        check(launch_sparse_wgmma(a, staggered ? WgmmaWay::Staggered : WgmmaWay::Wide, nullptr),
              "sparse product by wgmma");
    }
    void sparse_gemm(NarrowWgmmaTile, const SparseGemmArguments& a) {
        check(launch_sparse_wgmma(a, WgmmaWay::Narrow, nullptr), "sparse product by narrow wgmma");
    }
    bool staggered = false;  // wgmma of wide tiles
    void elementwise(Elementwise operation, const ElementwiseArguments& a) {
        check(launch_elementwise(operation, a, nullptr), "element-wise work");
    }
    void rowwise(Rowwise operation, const RowArguments& a) {
        check(launch_rowwise(operation, a, nullptr), "row-wise work");
    }
    void columnwise(Columnwise operation, const ColumnArguments& a) {
        check(launch_columnwise(operation, a, nullptr), "column-wise work");
    }
    void floats(Floats operation, const FloatArguments& a) {
        check(launch_floats(operation, a, nullptr), "work on FP32 tensors");
    }

  private:
    std::map<const void*, DeviceBuffer> buffers_;
};

}  // namespace satsim::gpu::test
