// A GPU on the CPU: kernels run thread by thread, products plainly. Memory begins as NaNs and stands between
// guards, so that what a kernel reads without anybody having written it, or writes beside its tensor, shows.
#pragma once

#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

#include "runtime/gpu_execute/executor.hpp"
#include "tests/unit/gpu/emulated_vector.hpp"

namespace satsim::gpu::test {

class EmulatedExecutor : public Executor {
  public:
    [[nodiscard]] std::string name() const override { return "emulated"; }

    [[nodiscard]] void* reserve(std::size_t bytes) override {
        constexpr std::size_t kAlignment = 256;
        Block& block = blocks_.emplace_back();
        block.bytes = bytes;
        block.memory.assign(bytes + 2 * kGuard + kAlignment, kAnything);
        const auto address = reinterpret_cast<std::uintptr_t>(block.memory.data()) + kGuard;
        block.data = block.memory.data() + kGuard + (kAlignment - address % kAlignment) % kAlignment;
        return block.data;
    }
    void release() override {
        for (const Block& block : blocks_)
            for (const unsigned char* byte = block.memory.data();
                 byte != block.memory.data() + block.memory.size(); ++byte)
                if ((byte < block.data || byte >= block.data + block.bytes) && *byte != kAnything) ++overruns;
        blocks_.clear();
    }
    void put(void* to, const void* from, std::size_t bytes) override {
        require_inside(to, bytes);
        if (bytes > 0) std::memcpy(to, from, bytes);
    }
    void get(void* to, const void* from, std::size_t bytes) override {
        require_inside(from, bytes);
        if (bytes > 0) std::memcpy(to, from, bytes);
    }
    void clear(void* to, std::size_t bytes) override {
        require_inside(to, bytes);
        std::memset(to, 0, bytes);
    }

    // Sixteen products at a time, as tensor cores add.
    void product(const ProductWork& work, const std::uint16_t* a, const std::uint16_t* b, void* c) override {
        const auto [m, n, k] = work.shape;
        require_inside(a, static_cast<std::size_t>(work.count * m * k * 2));
        require_inside(b, static_cast<std::size_t>(work.count * k * n * 2));
        const bool half = work.out == ElementType::Fp16;
        require_inside(c, static_cast<std::size_t>(work.count * m * n * (half ? 2 : 4)));
        const std::vector<float> left = floats_of(a, work.count * m * k);
        const std::vector<float> right = floats_of(b, work.count * k * n);
        std::vector<float> sums(static_cast<std::size_t>(n));
        std::vector<float> step(static_cast<std::size_t>(n));
        for (std::int64_t z = 0; z < work.count; ++z)
            for (std::int64_t i = 0; i < m; ++i) {
                std::fill(sums.begin(), sums.end(), 0.0F);
                for (std::int64_t first = 0; first < k; first += 16) {
                    std::fill(step.begin(), step.end(), 0.0F);
                    for (std::int64_t l = first; l < std::min(first + 16, k); ++l) {
                        const float x = left[static_cast<std::size_t>(
                            z * m * k + (work.a_transposed ? l * m + i : i * k + l))];
                        const float* row = right.data() + (z * k + l) * n;
                        for (std::int64_t j = 0; j < n; ++j) step[static_cast<std::size_t>(j)] += x * row[j];
                    }
                    for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += step[j];
                }
                for (std::int64_t j = 0; j < n; ++j) {
                    const float sum = sums[static_cast<std::size_t>(j)];
                    const std::int64_t at = (z * m + i) * n + j;
                    if (half)
                        static_cast<std::uint16_t*>(c)[at] = to_half(sum);
                    else
                        static_cast<float*>(c)[at] = sum;
                }
            }
    }
    [[nodiscard]] std::string sparse_refusal(const Compressed24Shape& shape,
                                             const GatherView&) const override {
        return shape.channels % kUnit == 0 ? "" : "channels are no multiple of 8";
    }
    void sparse_product(const SparseGemmArguments& a) override {
        machine_.sparse_gemm(SparseTileSize::Small, a);
    }
    void update(UpdateRule rule, const UpdateArguments& a) override { machine_.update(rule, a); }
    void elementwise(Elementwise operation, const ElementwiseArguments& a) override {
        machine_.elementwise(operation, a);
    }
    void rowwise(Rowwise operation, const RowArguments& a) override { machine_.rowwise(operation, a); }
    void columnwise(Columnwise operation, const ColumnArguments& a) override {
        machine_.columnwise(operation, a);
    }
    void floats(Floats operation, const FloatArguments& a) override { machine_.floats(operation, a); }
    void windows(Windows operation, const WindowArguments& a) override { machine_.windows(operation, a); }
    void tables(Tables operation, const TableArguments& a) override { machine_.tables(operation, a); }
    void transpose(const std::uint16_t* in, std::uint16_t* out, std::int64_t batch, std::int64_t rows,
                   std::int64_t columns) override {
        for (std::int64_t b = 0; b < batch; ++b)
            for (std::int64_t r = 0; r < rows; ++r)
                for (std::int64_t c = 0; c < columns; ++c)
                    out[(b * columns + c) * rows + r] = in[(b * rows + r) * columns + c];
    }

    std::int64_t overruns = 0;  // guard bytes that a kernel has written

  private:
    static constexpr unsigned char kAnything = 0x7F;  // FP16 and FP32 NaNs
    static constexpr std::size_t kGuard = 64;
    struct Block {
        std::vector<unsigned char> memory;
        unsigned char* data = nullptr;
        std::size_t bytes = 0;
    };

    void require_inside(const void* at, std::size_t bytes) const {
        const auto* first = static_cast<const unsigned char*>(at);
        for (const Block& block : blocks_)
            if (first >= block.data && first + bytes <= block.data + block.bytes) return;
        throw std::logic_error("memory that nobody has reserved");
    }
    static std::vector<float> floats_of(const std::uint16_t* halves, std::int64_t count) {
        std::vector<float> values(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = from_half(halves[i]);
        return values;
    }

    std::vector<Block> blocks_;
    EmulatedVectorMachine machine_;
};

}  // namespace satsim::gpu::test
