// The real GPU as runtime/gpu_execute uses it. Every call waits for its work, so that a kernel that fails is
// named; what is fast is measured by the meter, not here.
#pragma once

#include <vector>

#include "runtime/gpu/device/blas.hpp"
#include "runtime/gpu/device/cuda_support.hpp"
#include "runtime/gpu_execute/executor.hpp"

namespace satsim::gpu {

class CudaExecutor : public Executor {
  public:
    // Device 0. Throws InputError where CUDA finds none.
    CudaExecutor();

    [[nodiscard]] std::string name() const override { return name_; }
    [[nodiscard]] void* reserve(std::size_t bytes) override;
    void release() override;
    void put(void* to, const void* from, std::size_t bytes) override;
    void get(void* to, const void* from, std::size_t bytes) override;
    void clear(void* to, std::size_t bytes) override;

    void product(const ProductWork& work, const std::uint16_t* a, const std::uint16_t* b, void* c) override;
    [[nodiscard]] std::string sparse_refusal(const Compressed24Shape& shape,
                                             const GatherView& view) const override;
    // By wgmma.sp where the device has it and it takes the product, else by mma.sp.
    void sparse_product(const SparseGemmArguments& arguments) override;
    void update(UpdateRule rule, const UpdateArguments& arguments) override;
    void elementwise(Elementwise operation, const ElementwiseArguments& arguments) override;
    void rowwise(Rowwise operation, const RowArguments& arguments) override;
    void columnwise(Columnwise operation, const ColumnArguments& arguments) override;
    void floats(Floats operation, const FloatArguments& arguments) override;
    void windows(Windows operation, const WindowArguments& arguments) override;
    void tables(Tables operation, const TableArguments& arguments) override;
    void transpose(const std::uint16_t* in, std::uint16_t* out, std::int64_t batch, std::int64_t rows,
                   std::int64_t columns) override;

    // Whether sparse products may run by wgmma.sp: tests compare both kernels.
    void allow_wgmma(bool allowed) { wgmma_allowed_ = allowed; }

  private:
    // Throws what `code` of a launch or the work behind it says, naming `what`.
    void finish(int code, const std::string& what) const;

    // Chosen before anything is made on it.
    struct Device {
        Device();
    };

    Device device_;
    OwnedStream stream_;
    Blas blas_;
    std::string name_;
    int compute_capability_ = 0;  // major*10 + minor
    bool wgmma_allowed_ = true;
    // Memory is taken from blocks, one behind the other, and kept for the next task.
    std::vector<DeviceBuffer> blocks_;
    std::size_t block_ = 0;
    std::size_t used_ = 0;  // bytes of it
};

}  // namespace satsim::gpu
