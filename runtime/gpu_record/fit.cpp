#include "runtime/gpu_record/fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "runtime/gpu_model/gemm_model.hpp"
#include "runtime/gpu_model/gpu_target.hpp"
#include "runtime/support/error.hpp"

namespace satsim::gpu {
namespace {

struct Sample {
    Task task;
    bool sparse = false;
    double seconds = 0;
    std::string kind;
};

double predicted(const Device& device, const Sample& sample) {
    const auto* gemm = std::get_if<GemmTask>(&sample.task);
    if (gemm != nullptr && sample.sparse && refuses_sparse(device, *gemm).empty())
        return estimate(device, *gemm, Path::TensorSparse).seconds;
    if (gemm == nullptr) return predict(device, sample.task).seconds;
    GemmTask dense = *gemm;
    dense.nm = {8, 8};
    return choose(device, dense).estimate.seconds;
}

double error_of(const Device& device, const Sample& sample) {
    return std::abs(predicted(device, sample) / sample.seconds - 1);
}

// Of the values below it, the share `q` (nearest rank).
double quantile(std::vector<double> values, double q) {
    std::sort(values.begin(), values.end());
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
    return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

// Mean of |log(predicted/measured)|: symmetric in too fast and too slow, so that the fit does not lean to
// either, and moved by every piece of work, which the median is not where most are bound by something else.
double misfit(const Device& device, const std::vector<Sample>& samples) {
    double sum = 0;
    for (const Sample& s : samples) sum += std::abs(std::log(predicted(device, s) / s.seconds));
    return sum / static_cast<double>(samples.size());
}

std::vector<PredictionError> errors(const Device& device, const std::vector<Sample>& samples) {
    std::vector<PredictionError> result;
    for (const std::string kind : {"dense", "2:4", "vector", "all"}) {
        std::vector<double> found;
        for (const Sample& s : samples) {
            if (kind == "all" || s.kind == kind) found.push_back(error_of(device, s));
        }
        if (found.empty()) continue;
        result.push_back({kind, found.size(), quantile(found, 0.5), quantile(found, 0.9)});
    }
    return result;
}

struct Efficiency {
    const char* name;
    Figure KernelFigures::*figure;
};
constexpr std::array kEfficiencies{Efficiency{"efficiency, memory", &KernelFigures::memory_efficiency},
                                   Efficiency{"efficiency, dense", &KernelFigures::dense_efficiency},
                                   Efficiency{"efficiency, 2:4", &KernelFigures::sparse_efficiency}};

// One figure at a time over a grid of its range, the others held; thrice, by when nothing moves.
void fit_figures(Device& device, const std::vector<Sample>& samples) {
    constexpr int kRounds = 3;
    constexpr int kSteps = 100;
    double best = misfit(device, samples);
    for (int round = 0; round < kRounds; ++round) {
        for (const Efficiency& e : kEfficiencies) {
            Figure& figure = device.kernels.*e.figure;
            double chosen = figure.value;
            for (int step = 1; step <= kSteps; ++step) {
                figure.value = static_cast<double>(step) / kSteps;
                const double found = misfit(device, samples);
                if (found < best) {
                    best = found;
                    chosen = figure.value;
                }
            }
            figure.value = chosen;
        }
    }
}

}  // namespace

Fit fit(const Device& device, const Recording& recording) {
    Fit result;
    std::vector<Sample> fitted;
    std::vector<Sample> held_out;
    std::map<std::string, std::size_t> counts;
    for (const auto& [work, measured] : recording.measurements) {
        const std::optional<Task> task = task_of(work);
        if (!task || measured.seconds <= 0) {
            ++result.skipped;
            continue;
        }
        const bool gemm = std::holds_alternative<GemmTask>(*task);
        Sample sample{*task, measured.sparse, measured.seconds,
                      !gemm             ? "vector"
                      : measured.sparse ? "2:4"
                                        : "dense"};
        (counts[sample.kind]++ % 2 == 0 ? fitted : held_out).push_back(std::move(sample));
    }
    if (fitted.size() < 2 || held_out.size() < 2)
        throw InputError(
            recording.file, "",
            "has too few measurements to fit and to check, expected at least four that gpu-model predicts");
    result.fitted = fitted.size();
    result.before = errors(device, held_out);
    result.device = device;
    result.device.kernels.launch_overhead.value = recording.device.launch_seconds;
    fit_figures(result.device, fitted);
    result.after = errors(result.device, held_out);
    result.figures.push_back({"launch overhead", device.kernels.launch_overhead.value,
                              result.device.kernels.launch_overhead.value});
    for (const Efficiency& e : kEfficiencies)
        result.figures.push_back(
            {e.name, (device.kernels.*e.figure).value, (result.device.kernels.*e.figure).value});
    return result;
}

}  // namespace satsim::gpu
