#include "runtime/gpu/device/cuda_meter.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "runtime/gpu/kernels/launch.hpp"
#include "runtime/support/utc.hpp"

namespace satsim::gpu {
namespace {

std::string version_text(int number) {  // 13000 -> 13.0
    return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

// Runs `part`, adds its seconds to `sum`.
template <class Part>
void spend(double& sum, const Part& part) {
    const auto begin = std::chrono::steady_clock::now();
    part();
    sum += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Seconds of the fastest 2:4 kernel that ran; 0: none did. Candidates are those of `list`, in its order.
double fastest_sparse(const std::vector<Contender>& list, const std::vector<Candidate>& candidates) {
    double seconds = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (!list[i].sparse || !candidates[i].refused.empty()) continue;
        if (seconds == 0 || candidates[i].seconds < seconds) seconds = candidates[i].seconds;
    }
    return seconds;
}

// Why the first 2:4 kernel of the list did not run; the others' reasons are in the candidates.
std::string refusal_of_sparse(const std::vector<Contender>& list, const std::vector<Candidate>& candidates) {
    for (std::size_t i = 0; i < list.size(); ++i)
        if (list[i].sparse && !candidates[i].refused.empty()) return candidates[i].refused;
    return "none is known";
}

}  // namespace

CudaMeter::CudaMeter(const MeterSettings& settings) : settings_(settings) {
    int count = 0;
    check(cudaGetDeviceCount(&count), "looking for devices");
    if (count == 0) throw InputError("GPU", "", "CUDA finds no device");
    check(cudaSetDevice(0), "choosing device 0");
    libraries_ = std::make_unique<Libraries>();
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, 0), "reading the device's properties");
    libraries_->compute_capability = properties.major * 10 + properties.minor;
    libraries_->l2_bytes = static_cast<std::size_t>(properties.l2CacheSize);
    std::array<char, 32> address{};
    check(cudaDeviceGetPCIBusId(address.data(), static_cast<int>(address.size()), 0),
          "reading the PCI address");
    power_ = std::make_unique<PowerMeter>(address.data());
    counts_energy_ = power_->works() && settings.energy_window_s > 0;
    if (settings.profile) profiler_ = std::make_unique<Profiler>();
}

MeasuredDevice CudaMeter::device() {
    Libraries& l = *libraries_;
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, 0), "reading the device's properties");
    MeasuredDevice d;
    d.name = properties.name;
    d.compute_capability = std::to_string(properties.major) + "." + std::to_string(properties.minor);
    d.sm_count = properties.multiProcessorCount;
    d.memory_bytes = static_cast<Bytes>(properties.totalGlobalMem);
    d.l2_bytes = properties.l2CacheSize;
    int runtime = 0;
    check(cudaRuntimeGetVersion(&runtime), "reading CUDA's version");
    d.cuda = version_text(runtime);
    d.driver = power_->works() ? power_->driver() : "";
    d.libraries["cuBLASLt"] = l.blas.works() ? l.blas.version() : "missing: " + l.blas.fault();
    d.libraries["cuDNN"] = l.dnn.works() ? l.dnn.version() : "missing: " + l.dnn.fault();
    d.libraries["cuSPARSELt"] = l.sparse.works() ? l.sparse.version() : "missing: " + l.sparse.fault();
    d.libraries["NVML"] = power_->works() ? "driver's" : "missing: " + power_->fault();
    d.libraries["CUPTI"] = profiler_ == nullptr ? "not asked for"
                           : profiler_->works() ? profiler_->version()
                                                : "missing: " + profiler_->fault();
    d.date = utc_now();
    d.time_method =
        "CUDA events around replays of a CUDA graph of runs in a row (runs above 5 ms, or that cannot "
        "be captured: calls in a row on one stream); median of " +
        std::to_string(settings_.repetitions) +
        " repetitions at most; operand sets in turn, together above twice L2";
    if (power_->works() && settings_.energy_window_s > 0) {
        d.idle_watts = power_->idle_watts(1.0);
        counts_energy_ = d.idle_watts.has_value();
    }
    d.energy_method =
        !power_->works()                 ? "none: NVML " + power_->fault()
        : settings_.energy_window_s <= 0 ? "none: not asked for"
        : !counts_energy_
            ? "none: NVML's counter did not move in a second"
            : "NVML total energy of the board between two steps of its counter, while the work ran without a "
              "pause: its power times the seconds of a run; idle power included";
    d.board_watts = power_->limit_watts();

    // Roofs: a large product, a large copy, a kernel that does nothing worth mentioning.
    constexpr std::int64_t kLarge = 8192;
    ProductWork large;
    large.shape = {kLarge, kLarge, kLarge};
    const Measurement product = measure(large, false);
    d.dense_flops = 2.0 * static_cast<double>(dense_macs(large)) / product.seconds;
    d.sm_clock_hz = power_->clock_hz(1);
    d.memory_clock_hz = power_->clock_hz(2);
    constexpr std::size_t kCopyBytes = std::size_t{1} << 30;
    const OperandSets copy({{kCopyBytes}, {kCopyBytes, Fill::Nothing}}, l.l2_bytes, l.stream.get());
    // Called: in a graph a copy is the copy engines' work, which reach 60 % of what kernels do.
    const Timing copied = time_runs(
        [&](int set) {
            check(cudaMemcpyAsync(copy.at(1, set), copy.at(0, set), kCopyBytes, cudaMemcpyDeviceToDevice,
                                  l.stream.get()),
                  "a copy");
        },
        copy.sets(), settings_.repetitions, l.stream, Launches::CallByCall);
    d.copy_bandwidth = 2.0 * static_cast<double>(kCopyBytes) / copied.median;
    VectorWork nothing;
    nothing.op = VectorOp::Copy;
    nothing.elements = 8;
    nothing.reads_fp16 = nothing.writes_fp16 = 1;
    d.launch_seconds = measure(nothing, false).seconds;
    return d;
}

Measurement CudaMeter::measure(const Work& work, bool energy) {
    Libraries& l = *libraries_;
    Measurement result;
    std::vector<Contender> list;
    spend(spent_.preparing,
          [&] { list = std::visit([&l](const auto& w) { return contenders(l, w); }, work); });
    const Contender* winner = nullptr;
    spend(spent_.timing, [&] { winner = time_all(list, result); });
    if (winner == nullptr) {
        std::string reasons;
        for (const Candidate& c : result.candidates) reasons += "; " + c.kernel + ": " + c.refused;
        throw NoKernel("nothing runs " + describe(work) + reasons);
    }
    if (!pattern_of(work).dense() && !result.sparse) {
        const double sparse_seconds = fastest_sparse(list, result.candidates);
        if (sparse_seconds > 0) {
            result.dense_reason = "2:4 takes " +
                                  std::to_string(std::lround(sparse_seconds / result.seconds * 100)) +
                                  " % of dense's time";
        } else {
            result.dense_reason = "no 2:4 kernel takes it: " + refusal_of_sparse(list, result.candidates);
        }
    }
    if (energy) spend(spent_.energy, [&] { measure_energy(*winner, result); });
    // Last: while CUPTI records, kernels start later.
    if (profiler_ != nullptr) {
        spend(spent_.naming, [&] {
            result.kernels = profiler_->kernels_of([&] {
                winner->run(0);
                l.stream.wait();
            });
        });
    }
    return result;
}

const Contender* CudaMeter::time_all(const std::vector<Contender>& list, Measurement& measurement) {
    constexpr int kCallRepetitions = 5;  // of what is said beside the time that counts
    // s: of 267 works on an H100 and an H200 mma.sp was faster than wgmma.sp on 16, of at most 43 us.
    constexpr double kLongSparse = 100e-6;
    double sparse_seconds = 0;
    const OwnedStream& stream = libraries_->stream;
    const Contender* winner = nullptr;
    bool replayed = false;
    for (const Contender& c : list) {
        if (!c.run) {
            measurement.candidates.push_back({c.kernel, 0, c.refused});
            continue;
        }
        if (c.for_short_work && sparse_seconds > kLongSparse) {
            measurement.candidates.push_back({c.kernel, 0, "not tried: slower than wgmma.sp on longer work"});
            continue;
        }
        Timing timing;
        try {
            timing = time_runs(c.run, c.sets, settings_.repetitions, stream);
        } catch (const InputError& error) {
            require_context();
            measurement.candidates.push_back({c.kernel, 0, error.what()});
            continue;
        }
        measurement.candidates.push_back({c.kernel, timing.median, ""});
        if (c.sparse && (sparse_seconds == 0 || timing.median < sparse_seconds))
            sparse_seconds = timing.median;
        if (winner != nullptr && timing.median >= measurement.seconds) continue;
        winner = &c;
        replayed = timing.replayed;
        measurement.kernel = c.kernel;
        measurement.sparse = c.sparse;
        measurement.seconds = timing.median;
        measurement.fastest = timing.fastest;
        measurement.slowest = timing.slowest;
        measurement.repetitions = timing.repetitions;
    }
    if (winner != nullptr && replayed)
        measurement.called_seconds =
            time_runs(winner->run, winner->sets, kCallRepetitions, stream, Launches::CallByCall).median;
    return winner;
}

std::string CudaMeter::account() const {
    std::array<char, 160> text{};
    (void)std::snprintf(
        text.data(), text.size(),
        "operands and algorithms %.1f s, timing %.1f s, energy %.1f s, names of kernels %.1f s",
        spent_.preparing, spent_.timing, spent_.energy, spent_.naming);
    return text.data();
}

void CudaMeter::measure_energy(const Contender& winner, Measurement& measurement) {
    if (!counts_energy_) return;
    constexpr double kBatch = 2e-3;  // s between looks at the clock
    const OwnedStream& stream = libraries_->stream;
    // At least every operand set, see time_runs.
    const int runs = std::clamp(static_cast<int>(kBatch / measurement.seconds), winner.sets, kMostSets);
    const Replay replay(winner.run, winner.sets, runs, stream,
                        measurement.called_seconds ? Launches::Replayed : Launches::CallByCall);
    long long done = 0;
    const OwnedEvent begin;
    const OwnedEvent end;
    check(cudaEventRecord(begin.get(), stream.get()), "recording an event");
    const auto reading = power_->during(
        [&] {
            // One batch runs while the next is queued.
            replay.queue();
            if (done > 0) check(cudaEventSynchronize(end.get()), "a kernel");
            check(cudaEventRecord(end.get(), stream.get()), "recording an event");
            done += runs;
        },
        settings_.energy_window_s);
    measurement.sustained_seconds = seconds_between(begin, end) / static_cast<double>(done);
    if (reading) measurement.joules = reading->joules / reading->seconds * measurement.sustained_seconds;
    measurement.energy_window_s = measurement.joules ? settings_.energy_window_s : 0;
}

}  // namespace satsim::gpu
