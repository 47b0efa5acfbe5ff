// Properties of the GEMM model that hold whatever a device file says.
#include "runtime/gpu_model/gemm_model.hpp"

#include <gtest/gtest.h>

#include <random>

#include "runtime/gpu_model/traffic.hpp"
#include "tests/unit/gpu_model/shipped.hpp"

namespace satsim::gpu {
namespace {

// A plain matrix product.
GemmTask product(const GemmShape& shape, const NmPattern& nm = {8, 8}) {
    GemmTask task;
    task.shape = shape;
    task.nm = nm;
    task.gather.grid_w = task.gather.in_w = static_cast<int>(shape.m);
    task.gather.channels = static_cast<int>(shape.k);
    return task;
}

// A 3x3 convolution of `channels` to `channels`, stride 1.
GemmTask convolution(int batch, int side, int channels, const NmPattern& nm) {
    GemmTask task;
    task.shape = {std::int64_t{batch} * side * side, channels, std::int64_t{9} * channels};
    task.nm = nm;
    task.gather.batch = batch;
    task.gather.grid_h = task.gather.grid_w = task.gather.in_h = task.gather.in_w = side;
    task.gather.channels = channels;
    task.gather.taps.clear();
    for (int y = -1; y <= 1; ++y) {
        for (int x = -1; x <= 1; ++x) task.gather.taps.push_back({y, x, 3 * (y + 1) + x + 1});
    }
    return task;
}

// Sizes from 1 to 8192, evenly over their magnitudes.
std::int64_t draw(std::mt19937_64& random) {
    return std::int64_t{1} + static_cast<std::int64_t>(random() % (std::uint64_t{1} << (random() % 14)));
}

TEST(GemmModel, NeverFasterThanEitherRoof) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 1500; ++i) {
        const Device device = shipped(kShipped[random() % kShipped.size()]);
        GemmTask task = product({draw(random), draw(random), draw(random)}, {2, 8});
        if (random() % 3 == 0) task.count = draw(random) % 64 + 1;
        const GemmEstimate e = choose(device, task).estimate;
        const double peak = e.path == Path::CudaCores      ? device.compute.fp32.value
                            : e.path == Path::TensorSparse ? device.compute.tensor_sparse.value
                                                           : device.compute.tensor_dense.value;
        EXPECT_GE(e.seconds, 2 * static_cast<double>(task.dense_macs()) / peak);
        EXPECT_GE(e.dram_bytes, compulsory_bytes(device, task, e.path));
        EXPECT_GE(e.seconds, static_cast<double>(e.dram_bytes) / device.memory.bandwidth.value);
        EXPECT_GE(e.seconds, device.kernels.launch_overhead.value * e.kernels);
        EXPECT_LE(device.power.running() + e.dynamic_j / e.seconds, device.power.burst.value * (1 + 1e-9));
    }
}

// More of anything never takes less time. Dense: whether a 2:4 kernel takes a size depends on its divisors.
TEST(GemmModel, MonotoneInEverySize) {
    std::mt19937_64 random(2);
    for (int i = 0; i < 1500; ++i) {
        const Device device = shipped(kShipped[random() % kShipped.size()]);
        const GemmShape small{draw(random), draw(random), draw(random)};
        GemmShape large = small;
        std::int64_t* const sizes[] = {&large.m, &large.n, &large.k};
        *sizes[random() % 3] += draw(random);
        GemmTask first = product(small);
        GemmTask second = product(large);
        EXPECT_LE(choose(device, first).estimate.seconds, choose(device, second).estimate.seconds)
            << device.name << " " << small.m << "," << small.n << "," << small.k << " to " << large.m << ","
            << large.n << "," << large.k;
        second = first;
        second.count = 1 + draw(random);
        EXPECT_LE(choose(device, first).estimate.seconds, choose(device, second).estimate.seconds);
    }
}

// The same of the 2:4 path alone, on sizes that it takes.
TEST(GemmModel, SparsePathIsMonotone) {
    std::mt19937_64 random(3);
    const Device device = shipped("h100");
    for (int i = 0; i < 500; ++i) {
        const GemmShape small{16 * draw(random), 16 * draw(random), 16 * draw(random)};
        GemmShape large = small;
        std::int64_t* const sizes[] = {&large.m, &large.n, &large.k};
        *sizes[random() % 3] += 16 * draw(random);
        EXPECT_LE(estimate(device, product(small, {2, 4}), Path::TensorSparse).seconds,
                  estimate(device, product(large, {2, 4}), Path::TensorSparse).seconds);
    }
}

TEST(GemmModel, ASparseTaskIsNeverSlowerThanTheSameDenseOne) {
    std::mt19937_64 random(4);
    int sparse = 0;
    for (int i = 0; i < 1000; ++i) {
        const Device device = shipped(kShipped[random() % kShipped.size()]);
        const GemmShape shape{16 * draw(random), 16 * draw(random), 16 * draw(random)};
        const GemmChoice dense = choose(device, product(shape));
        const GemmChoice pruned = choose(device, product(shape, {2, 8}));
        EXPECT_LE(pruned.estimate.seconds, dense.estimate.seconds);
        EXPECT_EQ(pruned.dense_reason.empty(), pruned.estimate.path == Path::TensorSparse);
        sparse += pruned.estimate.path == Path::TensorSparse ? 1 : 0;
    }
    EXPECT_GT(sparse, 50);
}

TEST(GemmModel, PatternsInsideTwoOfFour) {
    EXPECT_TRUE(contained_in_2_4({2, 4}));
    EXPECT_TRUE(contained_in_2_4({1, 4}));
    EXPECT_TRUE(contained_in_2_4({1, 2}));
    EXPECT_TRUE(contained_in_2_4({2, 8}));
    EXPECT_TRUE(contained_in_2_4({2, 16}));
    EXPECT_FALSE(contained_in_2_4({3, 8}));
    EXPECT_FALSE(contained_in_2_4({4, 8}));
    EXPECT_FALSE(contained_in_2_4({3, 4}));
    EXPECT_FALSE(contained_in_2_4({2, 2}));
}

TEST(GemmModel, SaysWhyASparseTaskRunsDense) {
    const GemmShape large{4096, 4096, 4096};
    EXPECT_EQ(choose(shipped("rtx2080ti"), product(large, {2, 8})).dense_reason,
              "rtx2080ti has no sparse tensor cores");
    EXPECT_EQ(choose(shipped("h100"), product(large, {4, 8})).dense_reason, "4:8 is not contained in 2:4");
    EXPECT_EQ(choose(shipped("h100"), product({4096, 4095, 4096}, {2, 8})).dense_reason,
              "4096x4095x4096 are no multiples of 8");
    EXPECT_EQ(choose(shipped("a100"), product({4095, 4096, 4096}, {2, 8})).dense_reason,
              "4095x4096x4096 are no multiples of 16");
    EXPECT_EQ(refuses_sparse(shipped("h100"), product({4095, 4096, 4096}, {2, 8})), "");
    EXPECT_EQ(choose(shipped("h100"), product(large, {2, 8})).dense_reason, "");
    // Nine times the map is written and read again to be 2:4: at 64 channels that is more than it saves.
    const GemmChoice conv = choose(shipped("a100"), convolution(256, 32, 64, {2, 8}));
    EXPECT_EQ(conv.estimate.path, Path::TensorDense);
    EXPECT_NE(conv.dense_reason.find("laid out as a matrix first"), std::string::npos);
}

// By hand: 4096^3 on A100 with 256x128 tiles: 512 tiles on 108 SMs are 5 waves.
TEST(GemmModel, WavesAreWhole) {
    Device device = shipped("a100");
    device.kernels.tiles = {{256, 128}};
    device.kernels.max_split.value = 1;
    const GemmEstimate e = estimate(device, product({4096, 4096, 4096}), Path::TensorDense);
    EXPECT_EQ(e.blocks, 512);
    EXPECT_EQ(e.waves, 5);
    const double sustained = 312e12 * 0.926;
    EXPECT_NEAR(e.compute_s, 2.0 * 540 * 256 * 128 * 4096 / sustained, 1e-12);
    EXPECT_NEAR(e.arithmetic_s, 2.0 * 4096 * 4096 * 4096 / sustained, 1e-12);
    EXPECT_EQ(e.bound(), Bound::Compute);
    EXPECT_NEAR(e.seconds, e.compute_s + 4e-6, 1e-12);
}

TEST(GemmModel, FewTilesAreSplitAlongTheReduction) {
    const GemmEstimate e = estimate(shipped("h100"), product({256, 256, 65536}), Path::TensorDense);
    EXPECT_GT(e.split, 1);
    EXPECT_EQ(e.kernels, 2);
    // A batch is not split on this device, nor is a 2:4 kernel.
    GemmTask batch = product({256, 256, 65536}, {2, 4});
    batch.count = 2;
    EXPECT_EQ(estimate(shipped("h100"), batch, Path::TensorDense).split, 1);
    EXPECT_EQ(estimate(shipped("h100"), batch, Path::TensorSparse).split, 1);
    EXPECT_GT(estimate(shipped("a100"), batch, Path::TensorDense).split, 1);
}

// By hand: blocks of 256x128 in one wave, k of 64; one alone cannot share, two side by side fetch A once.
TEST(GemmModel, ClustersFetchWhatTheyShareOnce) {
    Device device = shipped("a100");
    device.kernels.tiles = {{256, 128}};
    device.kernels.max_split.value = 1;
    device.kernels.l2_efficiency.value = 0.01;  // L2 bounds it
    const auto memory_s = [&device](std::int64_t n) {
        return estimate(device, product({256, n, 64}), Path::TensorDense).memory_s;
    };
    const double second = 1 / (device.memory.l2_bandwidth.value * 0.01);
    EXPECT_NEAR(memory_s(256), 2 * 64 * (512 + 256) * second, 1e-12);
    device.kernels.cluster.value = 2;
    EXPECT_NEAR(memory_s(128), 64 * (512 + 256) * second, 1e-12);
    EXPECT_NEAR(memory_s(256), 2 * 64 * (256 + 256) * second, 1e-12);
}

// A library computes all phases of a strided gradient in one call; the own 2:4 kernel is started like a
// product without one.
TEST(GemmModel, StartsAreAdded) {
    Device device = shipped("h100");
    device.kernels.launch_overhead.value = 4e-6;
    device.kernels.product_overhead.value = 1e-6;
    device.kernels.convolution_overhead.value = 40e-6;
    const auto launch_s = [&device](const GemmTask& task, Path path) {
        const GemmEstimate e = estimate(device, task, path);
        return e.launch_s - e.kernels * 4e-6;
    };
    EXPECT_NEAR(launch_s(product({512, 512, 512}), Path::TensorDense), 1e-6, 1e-12);
    GemmTask conv = convolution(8, 16, 64, {2, 8});
    EXPECT_NEAR(launch_s(conv, Path::TensorDense), 40e-6, 1e-12);
    EXPECT_NEAR(launch_s(conv, Path::TensorSparse), 1e-6, 1e-12);
    conv.scatter.step_y = conv.scatter.step_x = 2;
    EXPECT_NEAR(launch_s(conv, Path::TensorDense), 10e-6, 1e-12);
}

// Three channels take as long as eight: they are read in units of 16 bytes.
TEST(GemmModel, AFewChannelsTakeAWholeUnit) {
    Device device = shipped("a100");
    device.kernels.tiles = {{128, 128}};
    device.kernels.max_split.value = 1;
    const auto compute_s = [&device](int channels) {
        GemmTask conv = convolution(64, 32, channels, {8, 8});
        conv.shape.n = 128;
        return estimate(device, conv, Path::TensorDense).compute_s;
    };
    EXPECT_EQ(compute_s(3), compute_s(8));
    EXPECT_LT(compute_s(8), compute_s(16));
}

TEST(GemmModel, AConvolutionReadsItsMapNotItsMatrix) {
    const GemmTask conv = convolution(8, 16, 32, {8, 8});
    const Bytes map = Bytes{8} * 16 * 16 * 32 * 2;
    const Bytes weights = Bytes{9} * 32 * 32 * 2;
    const Device a100 = shipped("a100");
    EXPECT_EQ(compulsory_bytes(a100, conv, Path::TensorDense), 2 * map + weights);
    EXPECT_EQ(compulsory_bytes(a100, conv, Path::TensorSparse), 9 * map + map + weights * 9 / 16);
    // Where the 2:4 kernel gathers, it reads its map too.
    EXPECT_EQ(compulsory_bytes(shipped("h100"), conv, Path::TensorSparse), 2 * map + weights * 9 / 16);
}

// By hand: B stays in L2 while A passes once; with an L2 of nothing, waves of 4 tiles share what they read.
TEST(Traffic, ResidentPanelsOrSharedWaves) {
    const Operands operands{1000, 400, 0};
    EXPECT_EQ(dram_operand_bytes(operands, 512, 512, {128, 128}, 4, 1e6), 1400);
    EXPECT_EQ(dram_operand_bytes(operands, 512, 512, {128, 128}, 4, 1), 1000 * 1 + 400 * 4);
    EXPECT_EQ(dram_operand_bytes(operands, 512, 512, {128, 128}, 4, 400), 1000 * 2 + 400 * 1);
}

}  // namespace
}  // namespace satsim::gpu
