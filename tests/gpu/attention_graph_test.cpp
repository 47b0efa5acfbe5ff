// Attention's graphs, compiled by cuDNN for devices that are not there: each engine takes them or says why
// not. No device is needed, and no driver, for which a stand-in is loaded; the library is.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runtime/gpu/device/attention_graph.hpp"

namespace satsim::gpu {
namespace {

// cuDNN's description of a device, with the figures of CUDA's tables and of the vendor's data sheets.
struct DeviceFigures {
    const char* name;
    int capability;  // 9.0: 900
    int multiprocessors;
    int shared_memory;  // bytes that a block may ask for
    std::int64_t memory;
    int clock_khz;
    int memory_clock_khz;
    std::int64_t l2;
};
constexpr DeviceFigures kH100{
    "NVIDIA H100 80GB HBM3", 900, 132, 232448, 85029158912, 1980000, 2619000, 52428800};
constexpr DeviceFigures kA100{
    "NVIDIA A100-SXM4-80GB", 800, 108, 166912, 84974239744, 1410000, 1593000, 41943040};
constexpr DeviceFigures kT4{"Tesla T4", 750, 40, 65536, 15642329088, 1590000, 5001000, 4194304};

std::string properties(const DeviceFigures& d) {
    const nlohmann::json json = {{"deviceName", d.name},
                                 {"deviceVer", d.capability},
                                 {"driverVer", 13000},
                                 {"cudaDeviceId", 0},
                                 {"pciDeviceId", 0},
                                 {"isTccDriver", 0},
                                 {"supportCoopLaunch", 1},
                                 {"multiProcessorCount", d.multiprocessors},
                                 {"warpSize", 32},
                                 {"maxGridSize", {2147483647, 65535, 65535}},
                                 {"maxBlockSize", {1024, 1024, 64}},
                                 {"maxThreadsPerBlock", 1024},
                                 {"maxThreadsPerSM", 2048},
                                 {"maxCtasPerSM", 32},
                                 {"regsPerBlock", 65536},
                                 {"maxRegistersPerSM", 65536},
                                 {"maxSharedMemoryPerBlock", 49152},
                                 {"maxSharedMemoryPerBlockOptin", d.shared_memory},
                                 {"reservedSharedMemoryPerBlock", 1024},
                                 {"totalGlobalMem", d.memory},
                                 {"smClockRateKHz", d.clock_khz},
                                 {"memClockRateKHz", d.memory_clock_khz},
                                 {"l2CacheSize", d.l2}};
    return json.dump();
}

constexpr AttentionShape kShapes[] = {
    {512, 8, 8, 65, 65, 64, 64, false, 0},     {1, 32, 8, 2048, 2048, 128, 128, true, 0},
    {4, 16, 16, 729, 729, 72, 72, false, 0},   {8, 12, 12, 197, 197, 64, 64, false, 0},
    {2, 28, 4, 1000, 1000, 128, 128, true, 0}, {1, 16, 16, 4096, 4096, 80, 80, false, 0},
    {2, 8, 8, 64, 577, 96, 96, false, 0},      {1, 16, 16, 300, 300, 128, 128, true, 100}};

class AttentionGraph : public ::testing::Test {
  protected:
    // The driver's stand-in before the library, which takes what is loaded already.
    static void SetUpTestSuite() {
        ASSERT_NE(::dlopen(SATSIM_DEVICELESS_DRIVER, RTLD_NOW | RTLD_GLOBAL), nullptr) << ::dlerror();
    }
    void SetUp() override {
        if (!attention.works()) GTEST_SKIP() << "skipped: cuDNN: " << attention.fault();
        const auto found = [](const char* name) { return ::dlopen(name, RTLD_NOW) != nullptr; };
        if (!found("libnvrtc.so.13") && !found("libnvrtc.so.12"))
            GTEST_SKIP() << "skipped: NVRTC, with which cuDNN compiles, is not found";
    }

    // Why the library refuses; nothing where it does not.
    std::string refusal(const DeviceFigures& device, const AttentionWork& work) {
        workspace = 0;
        try {
            workspace = Attention::workspace_bytes(*attention.prepare_for(properties(device), work));
            return "";
        } catch (const InputError& error) {
            return error.what();
        }
    }

    // Every shape both ways, without scores in memory: what is needed besides the operands are sums of FP32
    // for the gradients of queries, their like of the keys for each head, and little else.
    void expect_fused(const DeviceFigures& device) {
        for (const AttentionShape& shape : kShapes) {
            for (const bool gradient : {false, true}) {
                const AttentionWork work{gradient, shape};
                EXPECT_EQ(refusal(device, work), "") << describe(work) << " on " << device.name;
                const std::int64_t rows = shape.sequences * shape.heads * (shape.queries + shape.keys);
                const std::int64_t sums = gradient ? 4 * rows * (shape.query_size + 1) : 0;
                EXPECT_LT(workspace, static_cast<std::size_t>(2 * sums + (1 << 20))) << describe(work);
            }
        }
    }

    Attention attention;
    std::size_t workspace = 0;  // bytes, of what was asked for last; 0: refused
};

TEST_F(AttentionGraph, IsFusedOnComputeCapability90) {
    expect_fused(kH100);
}
TEST_F(AttentionGraph, IsFusedOnComputeCapability80) {
    expect_fused(kA100);
}
TEST_F(AttentionGraph, RefusalsSayWhy) {
    AttentionShape odd = kShapes[0];
    odd.query_size = odd.value_size = 60;
    EXPECT_NE(refusal(kH100, {false, odd}).find("multiple of 8"), std::string::npos);
    EXPECT_NE(refusal(kH100, {true, odd}).find("multiple of 8"), std::string::npos);
    AttentionShape wide = kShapes[0];
    wide.query_size = wide.value_size = 264;
    EXPECT_NE(refusal(kH100, {true, wide}).find("256"), std::string::npos);
    AttentionShape uneven = kShapes[0];
    uneven.kv_heads = 3;
    EXPECT_NE(refusal(kH100, {false, uneven}), "");
    AttentionShape single = kShapes[0];
    single.queries = single.keys = 1;
    EXPECT_NE(refusal(kH100, {true, single}).find("single position"), std::string::npos);
    EXPECT_NE(refusal(kT4, {false, kShapes[0]}), "");
}

}  // namespace
}  // namespace satsim::gpu
