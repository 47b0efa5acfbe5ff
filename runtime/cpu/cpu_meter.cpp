#include "runtime/cpu/cpu_meter.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <random>

#include "runtime/cpu/convolve.hpp"
#include "runtime/cpu/stream.hpp"
#include "runtime/cpu/workers.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/utc.hpp"

namespace satsim::cpu {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::string model_name() {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);) {
        const std::size_t colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
    }
    return "unknown CPU";
}

Bytes last_level_cache() {
    return std::max({::sysconf(_SC_LEVEL3_CACHE_SIZE), ::sysconf(_SC_LEVEL2_CACHE_SIZE), 0L});
}
Bytes memory() {
    return Bytes{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGESIZE);
}

// Work that is ready to run, on operands in several sets, so that no run finds them in the cache.
struct Prepared {
    std::string kernel;
    int sets = 1;
    std::function<void(int set)> run;
};

class Operands {
  public:
    explicit Operands(const std::vector<std::int64_t>& floats) {
        std::int64_t all = 0;
        for (const std::int64_t f : floats) {
            offsets_.push_back(all);
            all += round_up<std::int64_t>(std::max<std::int64_t>(f, 1), 16);
        }
        set_floats_ = all;
        constexpr std::int64_t kMostSets = 64;
        const std::int64_t set_bytes = all * std::int64_t{sizeof(float)};
        sets_ =
            static_cast<int>(std::clamp<std::int64_t>(2 * last_level_cache() / set_bytes + 1, 1, kMostSets));
        if (set_bytes * sets_ > memory() / 10 * 9)
            throw InputError(
                "--target cpu", "",
                fmt::format("a piece of work of {:.1f} GB as FP32, expected at most 90 % of this "
                            "machine's {:.1f} GB",
                            static_cast<double>(set_bytes) * 1e-9, static_cast<double>(memory()) * 1e-9));
        memory_.resize(static_cast<std::size_t>(all) * static_cast<std::size_t>(sets_));
        // Small numbers of either sign, never zeros: a page of zeros is one page for all.
        std::mt19937 generator(1);
        std::uniform_real_distribution<float> uniform(-1, 1);
        std::vector<float> pattern(std::min<std::size_t>(memory_.size(), 1U << 20));
        for (float& x : pattern) x = uniform(generator);
        for (std::size_t at = 0; at < memory_.size(); at += pattern.size())
            std::copy_n(pattern.data(), std::min(pattern.size(), memory_.size() - at), memory_.data() + at);
    }
    [[nodiscard]] int sets() const { return sets_; }
    [[nodiscard]] float* at(std::size_t operand, int set) {
        return memory_.data() + offsets_[operand] + set * set_floats_;
    }

  private:
    int sets_ = 1;
    std::int64_t set_floats_ = 0;
    std::vector<std::int64_t> offsets_;
    std::vector<float> memory_;
};

Prepared prepare(const Blas& blas, const gpu::ProductWork& w) {
    const auto [m, n, k] = w.shape;
    auto operands = std::make_shared<Operands>(
        std::vector<std::int64_t>{w.count * m * k, w.count * k * n, w.count * m * n});
    return {"OpenBLAS sgemm", operands->sets(), [&blas, operands, w](int set) {
                const auto [rows, columns, reduced] = w.shape;
                for (std::int64_t i = 0; i < w.count; ++i)
                    blas.multiply(rows, columns, reduced, operands->at(0, set) + i * rows * reduced,
                                  w.a_transposed, operands->at(1, set) + i * reduced * columns,
                                  w.b_transposed, 0, operands->at(2, set) + i * rows * columns);
            }};
}
Prepared prepare(const Blas& blas, const gpu::ConvolutionWork& w) {
    const std::int64_t weights =
        std::int64_t{w.kernel_h} * w.kernel_w * (w.in_channels / w.groups) * w.out_channels;
    auto operands = std::make_shared<Operands>(std::vector<std::int64_t>{
        w.batch * w.in_h * w.in_w * w.in_channels, weights, w.batch * w.out_h * w.out_w * w.out_channels});
    auto convolver = std::make_shared<Convolver>(blas, w);
    return {"im2col and OpenBLAS sgemm", operands->sets(), [operands, convolver](int set) {
                convolver->run(operands->at(0, set), operands->at(1, set), operands->at(2, set));
            }};
}
Prepared prepare(const Blas&, const gpu::VectorWork& w) {
    const StreamBytes bytes = stream_bytes(w);
    auto operands =
        std::make_shared<Operands>(std::vector<std::int64_t>{bytes.read / 4 + 1, bytes.written / 4 + 1});
    return {"traffic of the same bytes and operations", operands->sets(),
            [operands, w](int set) { stream(w, operands->at(0, set), operands->at(1, set)); }};
}

Prepared prepare(const Blas&, const gpu::AttentionWork& w) {
    throw gpu::NoKernel("a CPU's library has no kernel of " + gpu::describe(w));
}

struct Times {
    double median = 0;
    double fastest = 0;
    double slowest = 0;
    int repetitions = 0;
};
// Repetitions of at least kShortest until they are enough or last kLongest.
Times time_runs(const Prepared& prepared, int most) {
    constexpr double kShortest = 200e-6;
    constexpr double kLongest = 0.5;
    constexpr std::size_t kLeast = 3;
    int set = 0;
    const auto once = [&](int runs) {
        const auto begin = Clock::now();
        for (int i = 0; i < runs; ++i) {
            prepared.run(set);
            set = (set + 1) % prepared.sets;
        }
        return since(begin) / runs;
    };
    (void)once(1);
    const int runs = std::clamp(static_cast<int>(kShortest / std::max(once(1), 1e-9)), 1, 1000);
    std::vector<double> times;
    const auto begin = Clock::now();
    while (times.size() < kLeast ||
           (since(begin) < kLongest && times.size() < static_cast<std::size_t>(most)))
        times.push_back(once(runs));
    std::sort(times.begin(), times.end());
    return {times[times.size() / 2], times.front(), times.back(), static_cast<int>(times.size())};
}

}  // namespace

CpuMeter::CpuMeter(const gpu::MeterSettings& settings) : settings_(settings) {}

gpu::MeasuredDevice CpuMeter::device() {
    gpu::MeasuredDevice d;
    d.name = model_name();
    utsname system{};
    (void)::uname(&system);
    d.compute_capability = system.machine;
    d.sm_count = worker_count();
    d.memory_bytes = memory();
    d.l2_bytes = last_level_cache();
    d.driver = std::string(system.sysname) + " " + system.release;
    d.cuda = "none";
    d.libraries["OpenBLAS"] = blas_.version();
    d.date = utc_now();
    d.time_method = fmt::format(
        "wall clock, {} threads, FP32; median of at most {} repetitions or half a second; operand sets in "
        "turn, "
        "together above twice the last cache",
        worker_count(), settings_.repetitions);
    const bool energy = rapl_.works() && settings_.energy_window_s > 0;
    d.energy_method = energy ? "RAPL counters of the processor packages, without memory, idle power included"
                      : rapl_.works() ? "none: not asked for"
                                      : "none: no RAPL counter can be read here";
    // Roofs: a large product, a large copy, an operation that does nothing worth mentioning.
    constexpr std::int64_t kLarge = 2048;
    gpu::ProductWork product;
    product.shape = {kLarge, kLarge, kLarge};
    const gpu::Work large = product;
    d.dense_flops = 2.0 * static_cast<double>(gpu::dense_macs(large)) / measure(large, false).seconds;
    gpu::VectorWork copy;
    copy.op = VectorOp::Copy;
    copy.elements = std::int64_t{1} << 26;
    copy.reads_fp32 = copy.writes_fp32 = 1;
    const StreamBytes bytes = stream_bytes(copy);
    d.copy_bandwidth = static_cast<double>(bytes.read + bytes.written) / measure(copy, false).seconds;
    copy.elements = 8;
    d.launch_seconds = measure(copy, false).seconds;
    return d;
}

gpu::Measurement CpuMeter::measure(const gpu::Work& work, bool energy) {
    const Prepared prepared = std::visit([this](const auto& w) { return prepare(blas_, w); }, work);
    const Times times = time_runs(prepared, settings_.repetitions);
    gpu::Measurement m;
    m.kernel = prepared.kernel;
    m.seconds = times.median;
    m.fastest = times.fastest;
    m.slowest = times.slowest;
    m.repetitions = times.repetitions;
    m.candidates = {{m.kernel, m.seconds, ""}};
    if (!gpu::pattern_of(work).dense()) m.dense_reason = "a CPU has no 2:4 arithmetic: zeros are multiplied";
    const auto from = energy && settings_.energy_window_s > 0 ? rapl_.read() : std::nullopt;
    if (!from) return m;
    const auto begin = Clock::now();
    std::int64_t runs = 0;
    for (int set = 0; since(begin) < settings_.energy_window_s || runs == 0; ++runs) {
        prepared.run(set);
        set = (set + 1) % prepared.sets;
    }
    m.sustained_seconds = since(begin) / static_cast<double>(runs);
    if (const auto to = rapl_.read()) {
        m.joules = rapl_.joules(*from, *to) / static_cast<double>(runs);
        m.energy_window_s = settings_.energy_window_s;
    }
    return m;
}

}  // namespace satsim::cpu
