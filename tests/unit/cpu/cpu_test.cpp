// The CPU target: products and convolutions against plain loops, RAPL from files, measurements that hold
// together.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <random>

#include "runtime/cpu/convolve.hpp"
#include "runtime/cpu/cpu_meter.hpp"
#include "runtime/cpu/stream.hpp"
#include "runtime/cpu/workers.hpp"
#include "runtime/support/error.hpp"

namespace satsim::cpu {
namespace {

namespace fs = std::filesystem;
using gpu::ConvolutionPass;
using gpu::ConvolutionWork;

// Skipped by name where OpenBLAS is not installed.
class CpuBlas : public ::testing::Test {
  protected:
    void SetUp() override {
        try {
            blas = std::make_unique<Blas>();
        } catch (const InputError& error) {
            GTEST_SKIP() << error.what();
        }
    }
    std::vector<float> random(std::int64_t count) {
        std::uniform_real_distribution<float> uniform(-1, 1);
        std::vector<float> values(static_cast<std::size_t>(count));
        for (float& v : values) v = uniform(generator);
        return values;
    }
    std::mt19937 generator{3};
    std::unique_ptr<Blas> blas;
};

TEST_F(CpuBlas, MultipliesInEveryOrder) {
    constexpr std::int64_t m = 5, n = 7, k = 11;
    const std::vector<float> a = random(m * k);
    const std::vector<float> b = random(k * n);
    for (const bool a_turned : {false, true}) {
        for (const bool b_turned : {false, true}) {
            std::vector<float> c(m * n, NAN);
            blas->multiply(m, n, k, a.data(), a_turned, b.data(), b_turned, 0, c.data());
            for (std::int64_t i = 0; i < m; ++i) {
                for (std::int64_t j = 0; j < n; ++j) {
                    double sum = 0;
                    for (std::int64_t l = 0; l < k; ++l)
                        sum += double{a.at(static_cast<std::size_t>(a_turned ? l * m + i : i * k + l))} *
                               double{b.at(static_cast<std::size_t>(b_turned ? j * k + l : l * n + j))};
                    EXPECT_NEAR(c.at(static_cast<std::size_t>(i * n + j)), sum, 1e-5);
                }
            }
        }
    }
}

ConvolutionWork convolution(int size, int kernel, int stride, int pad, int dilation, int groups) {
    ConvolutionWork w;
    w.batch = 3;
    w.in_h = size;
    w.in_w = size + 1;
    w.in_channels = 4 * groups;
    w.out_channels = 6 * groups;
    w.kernel_h = w.kernel_w = kernel;
    w.stride_y = w.stride_x = stride;
    w.dilation_y = w.dilation_x = dilation;
    w.pad_top = w.pad_left = pad;
    w.out_h = (w.in_h + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
    w.out_w = (w.in_w + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
    w.groups = groups;
    return w;
}

// Calls f(x index, w index, y index) for every product of the convolution.
template <class Function>
void for_products(const ConvolutionWork& w, Function f) {
    const std::int64_t in = w.in_channels / w.groups;
    const std::int64_t out = w.out_channels / w.groups;
    for (std::int64_t b = 0; b < w.batch; ++b)
        for (int oy = 0; oy < w.out_h; ++oy)
            for (int ox = 0; ox < w.out_w; ++ox)
                for (int ky = 0; ky < w.kernel_h; ++ky)
                    for (int kx = 0; kx < w.kernel_w; ++kx) {
                        const int y = oy * w.stride_y + ky * w.dilation_y - w.pad_top;
                        const int x = ox * w.stride_x + kx * w.dilation_x - w.pad_left;
                        if (y < 0 || y >= w.in_h || x < 0 || x >= w.in_w) continue;
                        for (int g = 0; g < w.groups; ++g)
                            for (std::int64_t i = 0; i < in; ++i)
                                for (std::int64_t o = 0; o < out; ++o)
                                    f(((b * w.in_h + y) * w.in_w + x) * w.in_channels + g * in + i,
                                      ((g * w.kernel_h + ky) * w.kernel_w + kx) * in * out + i * out + o,
                                      ((b * w.out_h + oy) * w.out_w + ox) * w.out_channels + g * out + o);
                    }
}

TEST_F(CpuBlas, ConvolvesInEveryPass) {
    for (ConvolutionWork w :
         {convolution(6, 3, 1, 1, 1, 1), convolution(7, 3, 2, 1, 1, 1), convolution(8, 1, 2, 0, 1, 1),
          convolution(9, 3, 1, 2, 2, 1), convolution(6, 3, 2, 1, 1, 2)}) {
        const std::int64_t weights =
            std::int64_t{w.kernel_h} * w.kernel_w * (w.in_channels / w.groups) * w.out_channels;
        const std::int64_t in = w.batch * w.in_h * w.in_w * w.in_channels;
        const std::int64_t out = w.batch * w.out_h * w.out_w * w.out_channels;
        for (const auto pass :
             {ConvolutionPass::Forward, ConvolutionPass::InputGradient, ConvolutionPass::WeightGradient}) {
            w.pass = pass;
            std::vector<float> tensors[] = {random(in), random(weights), random(out)};
            const std::size_t result = pass == ConvolutionPass::Forward         ? 2
                                       : pass == ConvolutionPass::InputGradient ? 0
                                                                                : 1;
            std::vector<double> want(tensors[result].size());
            for_products(w, [&](std::int64_t x, std::int64_t k, std::int64_t y) {
                const std::int64_t at[] = {x, k, y};
                double product = 1;
                for (std::size_t t = 0; t < 3; ++t)
                    if (t != result) product *= double{tensors[t].at(static_cast<std::size_t>(at[t]))};
                want.at(static_cast<std::size_t>(at[result])) += product;
            });
            Convolver(*blas, w).run(tensors[0].data(), tensors[1].data(), tensors[2].data());
            for (std::size_t i = 0; i < want.size(); ++i)
                ASSERT_NEAR(tensors[result][i], want[i], 1e-4) << gpu::describe(w) << " at " << i;
        }
    }
}

TEST_F(CpuBlas, MeasuresEveryKindOfWork) {
    gpu::MeterSettings settings;
    settings.repetitions = 3;
    settings.energy_window_s = 0;
    CpuMeter meter(settings);
    gpu::ProductWork product;
    product.shape = {64, 32, 48};
    product.nm = {2, 8};
    gpu::VectorWork vector;
    vector.elements = 100000;
    vector.reads_fp16 = 2;
    vector.writes_fp32 = 1;
    vector.flops_per_element = 5;
    for (const gpu::Work& work :
         {gpu::Work(product), gpu::Work(convolution(8, 3, 1, 1, 1, 1)), gpu::Work(vector)}) {
        const gpu::Measurement m = meter.measure(work, true);
        EXPECT_GT(m.fastest, 0) << gpu::describe(work);
        EXPECT_LE(m.fastest, m.seconds);
        EXPECT_LE(m.seconds, m.slowest);
        EXPECT_FALSE(m.joules);
        EXPECT_EQ(m.dense_reason.empty(), gpu::pattern_of(work).dense());
    }
}

TEST(CpuStream, TouchesAllThatIsWritten) {
    for (const std::int64_t elements : {1, 7, 1023, 1025, 200001}) {
        gpu::VectorWork work;
        work.elements = elements;
        work.reads_fp32 = 1;
        work.reads_fp16 = 2;
        work.writes_fp32 = 1;
        work.writes_fp16 = 1;
        work.flops_per_element = 3;
        const StreamBytes bytes = stream_bytes(work);
        EXPECT_EQ(bytes.read, 8 * elements);
        EXPECT_EQ(bytes.written, 6 * elements);
        const std::vector<float> in(static_cast<std::size_t>(bytes.read / 4 + 1), 1);
        std::vector<float> out(static_cast<std::size_t>(bytes.written / 4 + 2), -7);
        stream(work, in.data(), out.data());
        const auto floats = static_cast<std::size_t>((bytes.written + 3) / 4);
        for (std::size_t i = 0; i < floats; ++i) ASSERT_NE(out[i], -7) << elements << " at " << i;
        EXPECT_EQ(out[floats], -7);
    }
}

TEST(CpuWorkers, ShareCoversEverythingOnce) {
    for (const std::int64_t count : {0, 1, 5, 1000}) {
        std::vector<std::atomic<int>> seen(static_cast<std::size_t>(count));
        share(count, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
        });
        for (const auto& times : seen) EXPECT_EQ(times, 1);
    }
}

void put(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text << "\n";
}

TEST(CpuRapl, AddsPackagesAndKnowsThatCountersBeginAnew) {
    const fs::path folder = fs::path(::testing::TempDir()) / "satsim_powercap";
    fs::remove_all(folder);
    EXPECT_FALSE(Rapl(folder).works());
    for (const char* package : {"0", "1"}) {
        const fs::path at = folder / ("intel-rapl:" + std::string(package));
        put(at / "name", "package-" + std::string(package));
        put(at / "max_energy_range_uj", "1000000");
        put(at / "energy_uj", "900000");
        put(folder / ("intel-rapl:" + std::string(package) + ":0") / "name", "core");
    }
    const Rapl rapl(folder);
    ASSERT_TRUE(rapl.works());
    const auto from = rapl.read();
    put(folder / "intel-rapl:0" / "energy_uj", "950000");  // 0.05 J
    put(folder / "intel-rapl:1" / "energy_uj", "100000");  // 0.2 J, past the end
    const auto to = rapl.read();
    ASSERT_TRUE(from && to);
    EXPECT_NEAR(rapl.joules(*from, *to), 0.25, 1e-9);
    fs::remove_all(folder);
}

}  // namespace
}  // namespace satsim::cpu
