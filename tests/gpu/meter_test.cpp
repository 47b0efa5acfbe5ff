// Libraries and measuring on a device: products equal a plain product, every kind of work is measured.
#include <cmath>

#include "runtime/gpu/device/cuda_meter.hpp"
#include "runtime/gpu_record/plan.hpp"
#include "tests/gpu/device_machine.hpp"
#include "tests/unit/gpu/kernel_work.hpp"
#include "tests/unit/gpu/random_values.hpp"

namespace satsim::gpu::test {
namespace {

class GpuDeviceMeter : public DeviceTest {};

MeterSettings quick() {
    MeterSettings settings;
    settings.repetitions = 3;
    settings.energy_window_s = 0;
    return settings;
}

// C of a plain product, and how far from it a result may be.
struct Wanted {
    double value = 0;
    double bound = 0;
};
Wanted element_of(const std::vector<Fp16>& a, const std::vector<Fp16>& b, const std::vector<Fp16>& bias,
                  const ProductWork& work, std::int64_t g, std::int64_t i, std::int64_t j) {
    const auto [m, n, k] = work.shape;
    double sum = work.bias ? numerics::to_float(bias[static_cast<std::size_t>(j)]) : 0;
    double magnitude = std::abs(sum);
    for (std::int64_t l = 0; l < k; ++l) {
        const auto at_a = static_cast<std::size_t>(g * m * k + (work.a_transposed ? l * m + i : i * k + l));
        const auto at_b = static_cast<std::size_t>(g * k * n + (work.b_transposed ? j * k + l : l * n + j));
        const double term = double{numerics::to_float(a[at_a])} * double{numerics::to_float(b[at_b])};
        sum += term;
        magnitude += std::abs(term);
    }
    return {sum, magnitude * 0x1p-16 + std::abs(sum) * 0x1p-10};
}
void expect_elements(const std::vector<Fp16>& c, const std::vector<Fp16>& a, const std::vector<Fp16>& b,
                     const std::vector<Fp16>& bias, const ProductWork& work) {
    const auto [m, n, k] = work.shape;
    for (std::int64_t g = 0; g < work.count; ++g) {
        for (std::int64_t i = 0; i < m; ++i) {
            for (std::int64_t j = 0; j < n; ++j) {
                const Wanted want = element_of(a, b, bias, work, g, i, j);
                ASSERT_NEAR(numerics::to_float(c[static_cast<std::size_t>((g * m + i) * n + j)]), want.value,
                            want.bound)
                    << describe(work) << " row " << i << " column " << j;
            }
        }
    }
}

// In every set of operands in turn, each with a bias of its own.
void expect_dense_product(Libraries& libraries, Generator& generator, const ProductWork& work) {
    const auto [m, n, k] = work.shape;
    std::vector<Fp16> a = random_halves(generator, static_cast<std::size_t>(work.count * m * k));
    std::vector<Fp16> b = random_halves(generator, static_cast<std::size_t>(work.count * k * n));
    std::vector<Fp16> c(static_cast<std::size_t>(work.count * m * n));
    const std::size_t bytes[] = {a.size() * sizeof(Fp16), b.size() * sizeof(Fp16), c.size() * sizeof(Fp16),
                                 work.bias ? static_cast<std::size_t>(n) * sizeof(Fp16) : 0};
    const OperandSets sets({{bytes[0]}, {bytes[1]}, {bytes[2]}, {bytes[3]}}, bytes[0] + bytes[1],
                           libraries.stream.get());
    ASSERT_GT(sets.sets(), 1);
    const auto product = libraries.blas.prepare(work, sets, libraries.stream);
    for (int set = 0; set < sets.sets(); ++set) {
        // Large beside the sums, so that a column's neighbour would not do.
        std::vector<Fp16> bias = random_halves(generator, static_cast<std::size_t>(n), 32);
        check(cudaMemcpy(sets.at(0, set), a.data(), bytes[0], cudaMemcpyHostToDevice), "a copy");
        check(cudaMemcpy(sets.at(1, set), b.data(), bytes[1], cudaMemcpyHostToDevice), "a copy");
        check(cudaMemcpy(sets.at(3, set), bias.data(), bytes[3], cudaMemcpyHostToDevice), "a copy");
        check(cudaDeviceSynchronize(), "a copy");
        libraries.blas.run(*product, sets, set, libraries.stream);
        libraries.stream.wait();
        check(cudaMemcpy(c.data(), sets.at(2, set), bytes[2], cudaMemcpyDeviceToHost), "a copy");
        expect_elements(c, a, b, bias, work);
    }
}

// cuBLASLt called with our orders of operands: where a wrong one would be fast and wrong.
TEST_F(GpuDeviceMeter, DenseProductsAreProducts) {
    Libraries libraries;
    if (!libraries.blas.works()) GTEST_SKIP() << "cuBLASLt " << libraries.blas.fault();
    Generator generator(1);
    for (int order = 0; order < 3; ++order) {
        for (const bool bias : {false, true}) {
            ProductWork work;
            work.shape = {24, 40, 56};
            work.count = bias ? 1 : 2;
            work.bias = bias;
            work.a_transposed = order == 1;
            work.b_transposed = order == 2;
            expect_dense_product(libraries, generator, work);
        }
    }
}
// A bias of C's rows would fit a square.
TEST_F(GpuDeviceMeter, DenseProductsAddTheirBiasAlongColumns) {
    Libraries libraries;
    if (!libraries.blas.works()) GTEST_SKIP() << "cuBLASLt " << libraries.blas.fault();
    Generator generator(3);
    for (const GemmShape& shape : {GemmShape{64, 64, 64}, GemmShape{200, 136, 520}}) {
        ProductWork work;
        work.shape = shape;
        work.bias = true;
        expect_dense_product(libraries, generator, work);
    }
}

// cuSPARSELt with the numbers that sparse_lt.cpp declares by itself.
void expect_sparse_library_product(Libraries& libraries, Generator& generator, const GemmShape& shape,
                                   bool biased) {
    DeviceMachine machine;
    ProductWork work;
    work.shape = shape;
    work.b_transposed = true;
    work.bias = biased;
    const auto [m, n, k] = shape;
    std::vector<Fp16> x = random_halves(generator, static_cast<std::size_t>(m * k));
    std::vector<Fp16> w = random_halves(generator, static_cast<std::size_t>(n * k));
    std::vector<Fp16> bias = random_halves(generator, static_cast<std::size_t>(n), 32);
    for (std::size_t i = 0; i < w.size(); i += 4)
        w[i + generator() % 2].bits = w[i + 2 + generator() % 2].bits = 0;
    std::vector<Fp16> y(static_cast<std::size_t>(m * n));
    Fp16* on_x = machine.put(x);
    Fp16* on_w = machine.put(w);
    Fp16* on_y = machine.put(y);
    const auto product = libraries.sparse.prepare(shape, on_x, on_w, on_y,
                                                  biased ? machine.put(bias) : nullptr, libraries.stream);
    libraries.sparse.compress(*product, on_w, libraries.stream);
    libraries.sparse.multiply(*product, on_x, on_y, libraries.stream);
    libraries.stream.wait();
    machine.get(y);
    expect_elements(y, x, w, bias, work);
}
TEST_F(GpuDeviceMeter, SparseLibraryProductsAreProducts) {
    Libraries libraries;
    if (!libraries.sparse.works()) GTEST_SKIP() << "cuSPARSELt " << libraries.sparse.fault();
    Generator generator(2);
    expect_sparse_library_product(libraries, generator, {64, 96, 128}, false);
}
// An FP16 bias along Y's columns; a square would fit one along its rows.
TEST_F(GpuDeviceMeter, SparseLibraryProductsAddTheirBias) {
    Libraries libraries;
    if (!libraries.sparse.works()) GTEST_SKIP() << "cuSPARSELt " << libraries.sparse.fault();
    Generator generator(4);
    expect_sparse_library_product(libraries, generator, {64, 96, 128}, true);
    expect_sparse_library_product(libraries, generator, {128, 128, 128}, true);
}

TEST_F(GpuDeviceMeter, MeasuresEveryKindOfWork) {
    CudaMeter meter(quick());
    std::vector<Work> works;
    ProductWork product;
    product.shape = {256, 128, 512};
    product.nm = {2, 8};
    works.emplace_back(product);
    product.bias = true;
    works.emplace_back(product);
    product.shape = {65, 67, 33};  // the library may leave the bias to a pass of its own
    product.nm = {8, 8};
    works.emplace_back(product);
    for (const ConvolutionPass pass :
         {ConvolutionPass::Forward, ConvolutionPass::InputGradient, ConvolutionPass::WeightGradient}) {
        ConvolutionWork convolution;
        convolution.pass = pass;
        convolution.batch = 4;
        convolution.in_h = convolution.in_w = 14;
        convolution.out_h = convolution.out_w = 7;
        convolution.in_channels = convolution.out_channels = 64;
        convolution.kernel_h = convolution.kernel_w = 3;
        convolution.stride_y = convolution.stride_x = 2;
        convolution.pad_top = convolution.pad_left = 1;
        if (pass != ConvolutionPass::WeightGradient) convolution.nm = {2, 8};
        works.emplace_back(convolution);
    }
    for (int op = 0; op <= static_cast<int>(VectorOp::ZeroFill); ++op) {
        works.emplace_back(kernel_work(static_cast<VectorOp>(op), {1, 1 << 10, 1 << 6}));
    }
    for (const VectorOp op : {VectorOp::NormApply, VectorOp::NormGradApply}) {
        VectorWork norm;
        norm.op = op;
        norm.elements = 1 << 16;
        norm.shape = {1, 1 << 8, 1 << 8};
        norm.reads_fp16 = op == VectorOp::NormApply ? 1 : 2;
        norm.writes_fp16 = 1;
        norm.fused = true;
        works.emplace_back(norm);
    }
    for (const Work& work : works) {
        const Measurement m = meter.measure(work, true);
        EXPECT_GT(m.seconds, 0) << describe(work);
        EXPECT_LE(m.fastest, m.seconds);
        EXPECT_GE(m.slowest, m.seconds);
        EXPECT_FALSE(m.kernel.empty());
        if (const auto* vector = std::get_if<VectorWork>(&work)) {
            const bool traffic = m.kernel.find("traffic") != std::string::npos;
            EXPECT_EQ(traffic, is_measured_as_traffic(vector->op)) << describe(work) << ": " << m.kernel;
        }
        EXPECT_TRUE(m.called_seconds) << m.kernel << " is not replayed from a graph";
        if (!pattern_of(work).dense() && !m.sparse) {
            EXPECT_FALSE(m.dense_reason.empty()) << describe(work);
        }
    }
}

TEST_F(GpuDeviceMeter, KnowsItsDevice) {
    CudaMeter meter(quick());
    const MeasuredDevice d = meter.device();
    EXPECT_FALSE(d.name.empty());
    EXPECT_GT(d.dense_flops, 1e11);
    EXPECT_GT(d.copy_bandwidth, 1e10);
    EXPECT_GT(d.launch_seconds, 1e-7);
    EXPECT_LT(d.launch_seconds, 1e-4);
}

}  // namespace
}  // namespace satsim::gpu::test
