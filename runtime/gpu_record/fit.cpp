#include "runtime/gpu_record/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>

#include "runtime/gpu_model/gemm_model.hpp"
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
    Columns,
    Attention,
    AttentionGradient
};
constexpr std::array kKinds{"dense product", "dense convolution", "2:4 product", "2:4 convolution",
                            "elements",      "packing",           "rows",        "columns",
                            "attention",     "attention gradient"};

constexpr unsigned bit(Kind kind) {
    return 1U << kind;
}
constexpr unsigned kSparse = bit(SparseProduct) | bit(SparseConvolution);
constexpr unsigned kDense = bit(DenseProduct) | bit(DenseConvolution);
constexpr unsigned kAll = (1U << kKinds.size()) - 1;

// A figure that is fitted: where it is (in the device file too), its range, and the kinds of work that can
// depend on it.
struct Fitted {
    const char* name;
    const char* section;
    const char* key;
    Figure& (*of)(Device&);
    double low;
    double high;
    unsigned kinds;
};
template <Figure KernelFigures::*Member>
Figure& kernel(Device& device) {
    return device.kernels.*Member;
}
template <Figure PowerFigures::*Member>
Figure& power(Device& device) {
    return device.power.*Member;
}
constexpr double kLeast = 0.01;  // of an efficiency, as of the device file
constexpr std::array kTimes{
    Fitted{"efficiency, memory", "kernels", "memory_efficiency", kernel<&KernelFigures::memory_efficiency>,
           kLeast, 1, kAll},
    Fitted{"efficiency, dense", "kernels", "dense_efficiency", kernel<&KernelFigures::dense_efficiency>,
           kLeast, 1, bit(DenseProduct)},
    Fitted{"efficiency, L2", "kernels", "l2_efficiency", kernel<&KernelFigures::l2_efficiency>, kLeast, 1,
           kDense | kSparse},
    Fitted{"efficiency, convolution", "kernels", "convolution_efficiency",
           kernel<&KernelFigures::convolution_efficiency>, kLeast, 1, bit(DenseConvolution)},
    Fitted{"efficiency, 2:4", "kernels", "sparse_efficiency", kernel<&KernelFigures::sparse_efficiency>,
           kLeast, 1, kSparse},
    Fitted{"overhead, product", "kernels", "product_overhead", kernel<&KernelFigures::product_overhead>, 1e-7,
           1e-3, bit(DenseProduct) | kSparse},
    Fitted{"overhead, convolution", "kernels", "convolution_overhead",
           kernel<&KernelFigures::convolution_overhead>, 1e-7, 1e-3,
           bit(DenseConvolution) | bit(SparseConvolution)},
    Fitted{"efficiency, packing", "kernels", "packing_efficiency", kernel<&KernelFigures::packing_efficiency>,
           kLeast, 1, bit(Packing)},
    Fitted{"overhead, packing", "kernels", "packing_overhead", kernel<&KernelFigures::packing_overhead>, 1e-7,
           1e-3, bit(Packing)},
    Fitted{"efficiency, rows", "kernels", "row_efficiency", kernel<&KernelFigures::row_efficiency>, kLeast, 1,
           bit(Rows)},
    Fitted{"efficiency, columns", "kernels", "column_efficiency", kernel<&KernelFigures::column_efficiency>,
           kLeast, 1, bit(Columns)},
    Fitted{"overhead, columns", "kernels", "column_overhead", kernel<&KernelFigures::column_overhead>, 1e-7,
           1e-3, bit(Columns)},
    Fitted{"efficiency, attention", "kernels", "attention_efficiency",
           kernel<&KernelFigures::attention_efficiency>, kLeast, 1, bit(Attention)},
    Fitted{"efficiency, attention's gradient", "kernels", "attention_gradient_efficiency",
           kernel<&KernelFigures::attention_gradient_efficiency>, kLeast, 1, bit(AttentionGradient)},
    Fitted{"coefficients' bandwidth", "kernels", "coefficient_bandwidth",
           kernel<&KernelFigures::coefficient_bandwidth>, 1e10, 1e15, bit(Elements)}};
constexpr std::array kEnergies{
    Fitted{"active power", "power", "active", power<&PowerFigures::active>, 0.1, 1e3, kAll},
    Fitted{"energy of a tensor flop", "power", "tensor_flop", power<&PowerFigures::tensor_flop>, 1e-14, 1e-11,
           kDense | kSparse | bit(Attention) | bit(AttentionGradient)},
    Fitted{"energy of a DRAM byte", "power", "dram_byte", power<&PowerFigures::dram_byte>, 1e-12, 1e-9,
           kAll}};

struct Sample {
    std::vector<Task> tasks;
    bool sparse = false;
    double seconds = 0;
    double joules = 0;  // 0: not read
    double sustained_seconds = 0;
    Kind kind = Elements;
};

struct Predicted {
    double seconds = 0;
    double dynamic_j = 0;
};

Kind kind_of(const std::vector<Task>& tasks, bool sparse) {
    for (const Task& task : tasks) {
        const auto* gemm = std::get_if<GemmTask>(&task);
        if (gemm == nullptr) continue;
        if (gemm->is_matrix()) return sparse ? SparseProduct : DenseProduct;
        return sparse ? SparseConvolution : DenseConvolution;
    }
    const auto& vector = std::get<VectorTask>(tasks.front());
    if (!vector.attention.empty()) return vector.op == VectorOp::Softmax ? Attention : AttentionGradient;
    switch (walk_of(vector)) {
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
Predicted predicted(const Device& device, const Task& task, bool sparse) {
    const auto of = [](const auto& e) { return Predicted{e.seconds, e.dynamic_j}; };
    const auto* gemm = std::get_if<GemmTask>(&task);
    if (gemm == nullptr) {
        const auto& vector = std::get<VectorTask>(task);
        return vector.operand_order ? Predicted{} : of(estimate(device, vector));
    }
    if (sparse && refuses_sparse(device, *gemm).empty())
        return of(estimate(device, *gemm, Path::TensorSparse));
    GemmTask dense = *gemm;
    dense.nm = {8, 8};
    return of(choose(device, dense).estimate);
}
Predicted predicted(const Device& device, const Sample& sample) {
    Predicted all;
    for (const Task& task : sample.tasks) {
        const Predicted one = predicted(device, task, sample.sparse);
        all.seconds += one.seconds;
        all.dynamic_j += one.dynamic_j;
    }
    return all;
}

// Predicted over measured.
using Ratio = double (*)(const Device&, const Sample&);
double ratio_of_seconds(const Device& device, const Sample& sample) {
    return predicted(device, sample).seconds / sample.seconds;
}
// At the measured time, so that errors of time do not count.
double ratio_of_power(const Device& device, const Sample& sample) {
    return (device.power.running() * sample.sustained_seconds + predicted(device, sample).dynamic_j) /
           sample.joules;
}
double ratio_of_joules(const Device& device, const Sample& sample) {
    const Predicted p = predicted(device, sample);
    return (device.power.running() * p.seconds + p.dynamic_j) / sample.joules;
}

// Of the values below it, the share `q` (nearest rank).
double quantile(std::vector<double> values, double q) {
    std::sort(values.begin(), values.end());
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
    return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

std::vector<PredictionError> errors(const Device& device, const std::vector<Sample>& samples, Ratio ratio) {
    std::array<std::vector<double>, kKinds.size()> found;
    std::vector<double> all;
    for (const Sample& s : samples) {
        all.push_back(std::abs(ratio(device, s) - 1));
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
    Fitter(Device& device, const std::vector<Sample>& samples, std::span<const Fitted> figures, Ratio ratio)
        : device_(device), samples_(samples), figures_(figures), ratio_(ratio) {
        terms_ = terms(kAll);
    }

    // One figure at a time, the others held: a grid over its range, then finer ones around the best; again
    // around what was found, until nothing moves.
    void run() {
        constexpr int kRounds = 6;
        for (int round = 0; round < kRounds; ++round) {
            bool moved = false;
            for (const Fitted& f : figures_) moved = improve(f, round == 0) || moved;
            if (!moved) return;
        }
    }

  private:
    [[nodiscard]] std::vector<double> terms(unsigned kinds) const {
        std::vector<double> result = terms_;
        result.resize(samples_.size());
        for (std::size_t i = 0; i < samples_.size(); ++i) {
            const Sample& s = samples_[i];
            if ((bit(s.kind) & kinds) != 0) result[i] = std::abs(std::log(ratio_(device_, s)));
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
        Figure& figure = f.of(device_);
        const double held = figure.value;
        if (value == held) return false;
        figure.value = value;
        const bool possible = device_.power.running() < device_.power.board.value;
        std::vector<double> found = terms(f.kinds);
        if (possible && sum(found) < sum(terms_) * (1 - kGain)) {
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
            const double centre = std::max(f.of(device_).value, f.low);
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
    std::span<const Fitted> figures_;
    Ratio ratio_;
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

namespace {

std::vector<Sample> with_joules(const std::vector<Sample>& samples) {
    std::vector<Sample> chosen;
    std::copy_if(samples.begin(), samples.end(), std::back_inserter(chosen),
                 [](const Sample& s) { return s.joules > 0; });
    return chosen;
}

// W, of the works' own windows.
double most_watts(const std::vector<Sample>& samples) {
    double most = 0;
    for (const Sample& s : samples) most = std::max(most, s.joules / s.sustained_seconds);
    return std::round(most);
}

}  // namespace

Fit fit(const Device& device, const Recording& recording, const std::string& source) {
    Fit result;
    std::vector<Sample> fitted;
    std::vector<Sample> held_out;
    std::array<std::size_t, kKinds.size()> counts{};
    for (const auto& [work, measured] : recording.measurements) {
        if (measured.seconds <= 0 || moved_share(work, measured) < 1) continue;
        Sample sample;
        sample.tasks = tasks_of(work);
        sample.sparse = measured.sparse;
        sample.seconds = measured.seconds;
        if (measured.joules && !measured.shared_power && measured.sustained_seconds > 0) {
            sample.joules = *measured.joules;
            sample.sustained_seconds = measured.sustained_seconds;
        }
        sample.kind = kind_of(sample.tasks, sample.sparse);
        (counts[sample.kind]++ % 2 == 0 ? fitted : held_out).push_back(std::move(sample));
    }
    if (fitted.size() < 2 || held_out.size() < 2)
        throw InputError(recording.file, "",
                         "has too few measurements to fit and to check, expected at least four");
    const std::vector<Sample> fitted_joules = with_joules(fitted);
    const std::vector<Sample> held_out_joules = with_joules(held_out);
    result.works = fitted.size() + held_out.size();
    result.fitted = fitted.size();
    result.device = device;
    Device& found = result.device;
    // Of a device whose file knows no kernel of whole attention, but whose recording has one.
    for (Figure* efficiency :
         {&found.kernels.attention_efficiency, &found.kernels.attention_gradient_efficiency}) {
        if (efficiency->value <= 0) efficiency->value = kLeast;
    }
    result.before = errors(found, held_out, ratio_of_seconds);
    found.kernels.launch_overhead.value = recording.device.launch_seconds;
    if (fitted_joules.size() > 1) {
        const auto& idle = recording.device.idle_watts;
        if (idle && *idle + found.power.active.value < device.power.board.value)
            found.power.idle.value = std::round(*idle);
        found.power.burst.value = std::max(device.power.board.value, most_watts(fitted_joules));
        Fitter(found, fitted_joules, kEnergies, ratio_of_power).run();
    }
    Fitter(found, fitted, kTimes, ratio_of_seconds).run();
    result.after = errors(found, held_out, ratio_of_seconds);
    if (!held_out_joules.empty()) {
        result.energy_before = errors(device, held_out_joules, ratio_of_joules);
        result.energy_after = errors(found, held_out_joules, ratio_of_joules);
    }
    Device original = device;
    const auto tell = [&](const Fitted& f, const std::string& text) {
        Figure& figure = f.of(found);
        const double before = f.of(original).value;
        if (figure.value != before) {
            figure.source = text;
            figure.verified = false;
        }
        result.figures.push_back({f.name, f.section, f.key, figure, before});
    };
    tell({"launch overhead", "kernels", "launch_overhead", kernel<&KernelFigures::launch_overhead>, 0, 1,
          kAll},
         "measured: an empty kernel among others, " + source);
    const std::string text = fmt::format("fitted to {} pieces of work of {}", fitted.size(), source);
    for (const Fitted& f : kTimes) tell(f, text);
    if (fitted_joules.size() > 1) {
        tell({"idle power", "power", "idle", power<&PowerFigures::idle>, 0, 1, kAll},
             "measured: the board with a context and no work, " + source);
        tell({"burst power", "power", "burst", power<&PowerFigures::burst>, 0, 1, kAll},
             "measured: the most that one of the fitted pieces of work drew in its window, " + source);
        const std::string joules =
            fmt::format("fitted to the joules of {} pieces of work of {}", fitted_joules.size(), source);
        for (const Fitted& f : kEnergies) tell(f, joules);
    }
    return result;
}

std::string fitted_file(const std::filesystem::path& path, const Fit& fit) {
    std::ifstream file(path);
    auto document = nlohmann::ordered_json::parse(file, nullptr, false);
    if (document.is_discarded()) throw InputError(path.string(), "", "cannot be read again");
    for (const FittedFigure& f : fit.figures) {
        if (f.figure.value == f.before) continue;
        auto& figure = document.at(f.section)[f.key];
        figure["value"] = f.figure.value;
        figure["unit"] = f.figure.unit;
        figure["source"] = f.figure.source;
        figure["verified"] = f.figure.verified;
    }
    return document.dump(2) + "\n";
}

}  // namespace satsim::gpu
