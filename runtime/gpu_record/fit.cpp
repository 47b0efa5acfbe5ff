#include "runtime/gpu_record/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runtime/gpu_model/gemm_model.hpp"
#include "runtime/gpu_model/gpu_target.hpp"
#include "runtime/gpu_model/vector_model.hpp"
#include "runtime/support/error.hpp"

namespace satsim::gpu {
namespace {

// What a piece of work is to the model.
enum Kind {
    DenseProduct,
    DenseConvolution,
    SparseProduct,
    SparseConvolution,
    Elements,
    Packing,
    Rows,
    Columns
};
constexpr std::array kKinds{"dense product", "dense convolution", "2:4 product", "2:4 convolution",
                            "elements",      "packing",           "rows",        "columns"};

constexpr unsigned bit(Kind kind) {
    return 1U << kind;
}
constexpr unsigned kSparse = bit(SparseProduct) | bit(SparseConvolution);
constexpr unsigned kDense = bit(DenseProduct) | bit(DenseConvolution);
constexpr unsigned kAll = (1U << kKinds.size()) - 1;

// A figure that is fitted: where it is, its range, and the kinds of work that can depend on it.
struct Fitted {
    const char* name;
    const char* key;
    Figure KernelFigures::*figure;
    double low;
    double high;
    unsigned kinds;
};
constexpr double kLeast = 0.01;  // of an efficiency, as of the device file
constexpr std::array kFitted{
    Fitted{"efficiency, memory", "memory_efficiency", &KernelFigures::memory_efficiency, kLeast, 1, kAll},
    Fitted{"efficiency, dense", "dense_efficiency", &KernelFigures::dense_efficiency, kLeast, 1,
           bit(DenseProduct)},
    Fitted{"efficiency, L2", "l2_efficiency", &KernelFigures::l2_efficiency, kLeast, 1, kDense | kSparse},
    Fitted{"efficiency, convolution", "convolution_efficiency", &KernelFigures::convolution_efficiency,
           kLeast, 1, bit(DenseConvolution)},
    Fitted{"efficiency, 2:4", "sparse_efficiency", &KernelFigures::sparse_efficiency, kLeast, 1, kSparse},
    Fitted{"overhead, product", "product_overhead", &KernelFigures::product_overhead, 1e-7, 1e-3,
           bit(DenseProduct) | kSparse},
    Fitted{"overhead, convolution", "convolution_overhead", &KernelFigures::convolution_overhead, 1e-7, 1e-3,
           bit(DenseConvolution) | bit(SparseConvolution)},
    Fitted{"efficiency, packing", "packing_efficiency", &KernelFigures::packing_efficiency, kLeast, 1,
           bit(Packing)},
    Fitted{"overhead, packing", "packing_overhead", &KernelFigures::packing_overhead, 1e-7, 1e-3,
           bit(Packing)},
    Fitted{"efficiency, rows", "row_efficiency", &KernelFigures::row_efficiency, kLeast, 1, bit(Rows)},
    Fitted{"efficiency, columns", "column_efficiency", &KernelFigures::column_efficiency, kLeast, 1,
           bit(Columns)},
    Fitted{"overhead, columns", "column_overhead", &KernelFigures::column_overhead, 1e-7, 1e-3, bit(Columns)},
    Fitted{"coefficients' bandwidth", "coefficient_bandwidth", &KernelFigures::coefficient_bandwidth, 1e10,
           1e15, bit(Elements)}};

struct Sample {
    std::vector<Task> tasks;
    bool sparse = false;
    double seconds = 0;
    Kind kind = Elements;
};

Kind kind_of(const std::vector<Task>& tasks, bool sparse) {
    for (const Task& task : tasks) {
        const auto* gemm = std::get_if<GemmTask>(&task);
        if (gemm == nullptr) continue;
        if (is_matrix(*gemm)) return sparse ? SparseProduct : DenseProduct;
        return sparse ? SparseConvolution : DenseConvolution;
    }
    switch (walk_of(std::get<VectorTask>(tasks.front()))) {
        case Walk::Packing:
            return Packing;
        case Walk::Rows:
            return Rows;
        case Walk::Columns:
            return Columns;
        case Walk::Elements:
            break;
    }
    return Elements;
}

// On the path that was the fastest when it was measured.
double predicted(const Device& device, const Task& task, bool sparse) {
    const auto* gemm = std::get_if<GemmTask>(&task);
    if (gemm == nullptr) return predict(device, task).seconds;
    if (sparse && refuses_sparse(device, *gemm).empty())
        return estimate(device, *gemm, Path::TensorSparse).seconds;
    GemmTask dense = *gemm;
    dense.nm = {8, 8};
    return choose(device, dense).estimate.seconds;
}
double predicted(const Device& device, const Sample& sample) {
    double seconds = 0;
    for (const Task& task : sample.tasks) seconds += predicted(device, task, sample.sparse);
    return seconds;
}

// Of the values below it, the share `q` (nearest rank).
double quantile(std::vector<double> values, double q) {
    std::sort(values.begin(), values.end());
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
    return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

std::vector<PredictionError> errors(const Device& device, const std::vector<Sample>& samples) {
    std::array<std::vector<double>, kKinds.size()> found;
    std::vector<double> all;
    for (const Sample& s : samples) {
        all.push_back(std::abs(predicted(device, s) / s.seconds - 1));
        found[s.kind].push_back(all.back());
    }
    std::vector<PredictionError> result;
    for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
        const std::vector<double>& values = found[kind];
        if (!values.empty())
            result.push_back({kKinds[kind], values.size(), quantile(values, 0.5), quantile(values, 0.9)});
    }
    result.push_back({"all", all.size(), quantile(all, 0.5), quantile(all, 0.9)});
    return result;
}

// Minimises the mean of |log(predicted/measured)|: symmetric in too fast and too slow, so that the fit does
// not lean to either, and moved by every piece of work, which the median is not.
class Fitter {
  public:
    Fitter(Device& device, const std::vector<Sample>& samples) : device_(device), samples_(samples) {
        terms_ = terms(kAll);
    }

    // One figure at a time, the others held: a grid over its range, then finer ones around the best; again
    // around what was found, until nothing moves.
    void run() {
        constexpr int kRounds = 6;
        for (int round = 0; round < kRounds; ++round) {
            bool moved = false;
            for (const Fitted& f : kFitted) moved = improve(f, round == 0) || moved;
            if (!moved) return;
        }
    }

  private:
    [[nodiscard]] std::vector<double> terms(unsigned kinds) const {
        std::vector<double> result = terms_;
        result.resize(samples_.size());
        for (std::size_t i = 0; i < samples_.size(); ++i) {
            const Sample& s = samples_[i];
            if ((bit(s.kind) & kinds) != 0) result[i] = std::abs(std::log(predicted(device_, s) / s.seconds));
        }
        return result;
    }
    static double sum(const std::vector<double>& terms) {
        double all = 0;
        for (const double t : terms) all += t;
        return all;
    }

    bool attempt(const Fitted& f, double value) {
        constexpr double kGain = 1e-6;  // below it nothing has moved
        Figure& figure = device_.kernels.*f.figure;
        const double held = figure.value;
        if (value == held) return false;
        figure.value = value;
        std::vector<double> found = terms(f.kinds);
        if (sum(found) < sum(terms_) * (1 - kGain)) {
            terms_ = std::move(found);
            return true;
        }
        figure.value = held;
        return false;
    }

    bool improve(const Fitted& f, bool whole_range) {
        constexpr int kGrid = 32;
        constexpr int kFine = 4;  // on either side
        constexpr int kLevels = 4;
        bool moved = false;
        double step = std::log(f.high / f.low) / kGrid;
        if (whole_range) {
            for (int i = 0; i <= kGrid; ++i)
                moved = attempt(f, rounded(f, f.low * std::exp(step * i))) || moved;
        }
        for (int level = 0; level < kLevels; ++level) {
            const double centre = std::max((device_.kernels.*f.figure).value, f.low);
            step /= kFine;
            for (int i = -kFine; i <= kFine; ++i)
                moved = attempt(f, rounded(f, centre * std::exp(step * i))) || moved;
        }
        return moved;
    }
    // Three digits: more is not known.
    static double rounded(const Fitted& f, double value) {
        return std::clamp(std::stod(fmt::format("{:.2e}", value)), f.low, f.high);
    }

    Device& device_;
    const std::vector<Sample>& samples_;
    std::vector<double> terms_;  // of each sample
};

void require_equal(const Recording& recording, const Recording& first, const char* field,
                   const std::string& found, const std::string& expected) {
    if (found != expected)
        throw InputError(
            recording.file, std::string("/device/") + field,
            fmt::format("is {}, expected {} as in {}: a fit is of one device", found, expected, first.file));
}

}  // namespace

Recording merge(const std::vector<Recording>& recordings) {
    Recording all = recordings.at(0);
    for (const Recording& r : recordings) {
        require_equal(r, all, "name", r.device.name, all.device.name);
        require_equal(r, all, "compute_capability", r.device.compute_capability,
                      all.device.compute_capability);
        require_equal(r, all, "sm_count", std::to_string(r.device.sm_count),
                      std::to_string(all.device.sm_count));
        all.measurements.insert(r.measurements.begin(), r.measurements.end());
    }
    return all;
}

Fit fit(const Device& device, const Recording& recording, const std::string& source) {
    Fit result;
    std::vector<Sample> fitted;
    std::vector<Sample> held_out;
    std::array<std::size_t, kKinds.size()> counts{};
    for (const auto& [work, measured] : recording.measurements) {
        if (measured.seconds <= 0) continue;
        Sample sample{tasks_of(work), measured.sparse, measured.seconds, Elements};
        sample.kind = kind_of(sample.tasks, sample.sparse);
        (counts[sample.kind]++ % 2 == 0 ? fitted : held_out).push_back(std::move(sample));
    }
    if (fitted.size() < 2 || held_out.size() < 2)
        throw InputError(recording.file, "",
                         "has too few measurements to fit and to check, expected at least four");
    result.works = fitted.size() + held_out.size();
    result.fitted = fitted.size();
    result.before = errors(device, held_out);
    result.device = device;
    KernelFigures& kernels = result.device.kernels;
    kernels.launch_overhead.value = recording.device.launch_seconds;
    Fitter(result.device, fitted).run();
    result.after = errors(result.device, held_out);
    const auto tell = [&](const char* name, const char* key, Figure KernelFigures::*figure,
                          const std::string& text) {
        const double before = (device.kernels.*figure).value;
        if ((kernels.*figure).value != before) {
            (kernels.*figure).source = text;
            (kernels.*figure).verified = false;
        }
        result.figures.push_back({name, key, kernels.*figure, before});
    };
    tell("launch overhead", "launch_overhead", &KernelFigures::launch_overhead,
         "measured: an empty kernel in a stream of others, " + source);
    const std::string text = fmt::format("fitted to {} pieces of work of {}", fitted.size(), source);
    for (const Fitted& f : kFitted) tell(f.name, f.key, f.figure, text);
    return result;
}

std::string fitted_file(const std::filesystem::path& path, const Fit& fit) {
    std::ifstream file(path);
    auto document = nlohmann::ordered_json::parse(file, nullptr, false);
    if (document.is_discarded()) throw InputError(path.string(), "", "cannot be read again");
    for (const FittedFigure& f : fit.figures) {
        if (f.figure.value == f.before) continue;
        auto& figure = document.at("kernels").at(f.key);
        figure["value"] = f.figure.value;
        figure["source"] = f.figure.source;
        figure["verified"] = f.figure.verified;
    }
    return document.dump(2) + "\n";
}

}  // namespace satsim::gpu
