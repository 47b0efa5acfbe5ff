// A GPU as GpuEngine uses it: memory, and the kernels that runtime/gpu measures. libsatsim_gpu.so brings the
// real one, tests/unit/gpu_execute one that runs the kernels' shared code thread by thread.
//
// Pointers in arguments are the device's. Every call returns when its work is done, and throws InputError
// ("GPU: ...") naming what failed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "runtime/gpu/kernels/launch.hpp"
#include "runtime/gpu_record/work.hpp"

namespace satsim::gpu {

class Executor {
  public:
    virtual ~Executor() = default;
    // "NVIDIA H100 80GB HBM3"
    [[nodiscard]] virtual std::string name() const = 0;

    // Memory that holds anything, aligned to 256 bytes, until release() takes all of it back.
    [[nodiscard]] virtual void* reserve(std::size_t bytes) = 0;
    virtual void release() = 0;
    virtual void put(void* to, const void* from, std::size_t bytes) = 0;
    virtual void get(void* to, const void* from, std::size_t bytes) = 0;
    virtual void clear(void* to, std::size_t bytes) = 0;

    // C = A * B of `work.count` instances side by side, dense whatever work.nm says; C is FP16 or FP32 as
    // work.out.
    virtual void product(const ProductWork& work, const std::uint16_t* a, const std::uint16_t* b,
                         void* c) = 0;
    // Why the own 2:4 kernel does not take a product, or "".
    [[nodiscard]] virtual std::string sparse_refusal(const Compressed24Shape& shape,
                                                     const GatherView& view) const = 0;
    virtual void sparse_product(const SparseGemmArguments& arguments) = 0;
    virtual void update(UpdateRule rule, const UpdateArguments& arguments) = 0;
    virtual void elementwise(Elementwise operation, const ElementwiseArguments& arguments) = 0;
    virtual void rowwise(Rowwise operation, const RowArguments& arguments) = 0;
    virtual void columnwise(Columnwise operation, const ColumnArguments& arguments) = 0;
    virtual void floats(Floats operation, const FloatArguments& arguments) = 0;
    virtual void windows(Windows operation, const WindowArguments& arguments) = 0;
    virtual void tables(Tables operation, const TableArguments& arguments) = 0;
    // out[b][c][r] = in[b][r][c]
    virtual void transpose(const std::uint16_t* in, std::uint16_t* out, std::int64_t batch, std::int64_t rows,
                           std::int64_t columns) = 0;
};

using OpenExecutor = Executor* (*)();  // "satsim_gpu_open_executor"; throws InputError

}  // namespace satsim::gpu
