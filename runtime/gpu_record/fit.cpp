#include "runtime/gpu_record/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>

#include "runtime/gpu_record/fit_figures.hpp"
#include "runtime/gpu_record/timing.hpp"
#include "runtime/support/error.hpp"

namespace satsim::gpu {
namespace {

struct Sample {
    std::vector<Task> tasks;
    bool sparse = false;
    double seconds = 0;
    double joules = 0;  // 0: not read
    double sustained_seconds = 0;
    FitKind kind = FitKind::Elements;
};

FitPrediction predicted(const Device& device, const Sample& sample) {
    return fit_prediction(device, sample.tasks, sample.sparse);
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
    const FitPrediction p = predicted(device, sample);
    return (device.power.running() * p.seconds + p.dynamic_j) / sample.joules;
}

// Of the values below it, the share `q` (nearest rank).
double quantile(std::vector<double> values, double q) {
    std::sort(values.begin(), values.end());
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
    return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

std::vector<PredictionError> errors(const Device& device, const std::vector<Sample>& samples, Ratio ratio) {
    std::array<std::vector<double>, kFitKinds.size()> found;
    std::vector<double> all;
    for (const Sample& s : samples) {
        all.push_back(std::abs(ratio(device, s) - 1));
        found.at(static_cast<std::size_t>(s.kind)).push_back(all.back());
    }
    std::vector<PredictionError> result;
    for (std::size_t kind = 0; kind < kFitKinds.size(); ++kind) {
        const std::vector<double>& values = found[kind];
        if (!values.empty())
            result.push_back({kFitKinds[kind], values.size(), quantile(values, 0.5), quantile(values, 0.9)});
    }
    result.push_back({"all", all.size(), quantile(all, 0.5), quantile(all, 0.9)});
    return result;
}

// Minimises the mean of |log(predicted/measured)|: symmetric in too fast and too slow, so that the fit does
// not lean to either, and moved by every piece of work, which the median is not.
class Fitter {
  public:
    Fitter(Device& device, const std::vector<Sample>& samples, std::span<const FitFigure> figures,
           Ratio ratio)
        : device_(device), samples_(samples), figures_(figures), ratio_(ratio) {
        terms_ = terms(kAllKinds);
    }

    // One figure at a time, the others held: a grid over its range, then finer ones around the best; again
    // around what was found, until nothing moves.
    void run() {
        constexpr int kRounds = 6;
        for (int round = 0; round < kRounds; ++round) {
            bool moved = false;
            for (const FitFigure& f : figures_) moved = improve(f, round == 0) || moved;
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

    bool attempt(const FitFigure& f, double value) {
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

    bool improve(const FitFigure& f, bool whole_range) {
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
    static double rounded(const FitFigure& f, double value) {
        return std::clamp(std::stod(fmt::format("{:.2e}", value)), f.low, f.high);
    }

    Device& device_;
    const std::vector<Sample>& samples_;
    std::span<const FitFigure> figures_;
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
        if (timing_of(r) != timing_of(recordings.front()))
            throw InputError(
                r.file, "/device/time_method",
                fmt::format("is of {}, expected {} as in {}: a fit is of one way of timing",
                            timing_text(timing_of(r)), timing_text(timing_of(recordings.front())), all.file));
        all.measurements.insert(r.measurements.begin(), r.measurements.end());
    }
    return all;
}

namespace {

// Every second piece of work of a kind is fitted to, in the recording's order.
struct Samples {
    std::vector<Sample> fitted;
    std::vector<Sample> held_out;
    std::array<std::size_t, kFitKinds.size()> counts{};

    // Those that there are, as bits.
    [[nodiscard]] unsigned kinds() const {
        unsigned all = 0;
        for (std::size_t kind = 0; kind < counts.size(); ++kind)
            all |= counts[kind] > 0 ? bit(static_cast<FitKind>(kind)) : 0U;
        return all;
    }
    [[nodiscard]] bool has_attention() const {
        return (kinds() & (bit(FitKind::Attention) | bit(FitKind::AttentionGradient))) != 0;
    }
};
Samples samples_of(const Recording& recording) {
    Samples samples;
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
        sample.kind = fit_kind_of(sample.tasks, sample.sparse);
        std::size_t& count = samples.counts.at(static_cast<std::size_t>(sample.kind));
        (count++ % 2 == 0 ? samples.fitted : samples.held_out).push_back(std::move(sample));
    }
    if (samples.fitted.size() < 2 || samples.held_out.size() < 2)
        throw InputError(recording.file, "",
                         "has too few measurements to fit and to check, expected at least four");
    return samples;
}

// Of a device whose file knows no kernel of whole attention, though its recording has one. Both figures,
// since a device has kernels for both directions or for none: what was not recorded is so slow that products
// are taken.
Device with_attention(Device device) {
    for (Figure* efficiency :
         {&device.kernels.attention_efficiency, &device.kernels.attention_gradient_efficiency}) {
        if (efficiency->value <= 0) efficiency->value = kLeastEfficiency;
    }
    return device;
}

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
    const Samples samples = samples_of(recording);
    const std::vector<Sample>& held_out = samples.held_out;
    const std::vector<Sample> fitted_joules = with_joules(samples.fitted);
    const std::vector<Sample> held_out_joules = with_joules(held_out);
    result.works = samples.fitted.size() + held_out.size();
    result.fitted = samples.fitted.size();
    const Device before = samples.has_attention() ? with_attention(device) : device;
    result.device = before;
    Device& found = result.device;
    found.kernels.launch_overhead.value = recording.device.launch_seconds;
    if (fitted_joules.size() > 1) {
        const auto& idle = recording.device.idle_watts;
        if (idle && *idle + found.power.active.value < device.power.board.value)
            found.power.idle.value = std::round(*idle);
        found.power.burst.value = std::max(device.power.board.value, most_watts(fitted_joules));
        Fitter(found, fitted_joules, energy_figures(), ratio_of_power).run();
    }
    Fitter(found, samples.fitted, time_figures(), ratio_of_seconds).run();
    result.before = errors(before, held_out, ratio_of_seconds);
    result.after = errors(found, held_out, ratio_of_seconds);
    if (!held_out_joules.empty()) {
        result.energy_before = errors(before, held_out_joules, ratio_of_joules);
        result.energy_after = errors(found, held_out_joules, ratio_of_joules);
    }
    Device original = device;
    const auto tell = [&](const FitFigure& f, const std::string& text) {
        Figure& figure = f.of(found);
        const double value = f.of(original).value;
        if (figure.value != value) {
            figure.source = text;
            figure.verified = false;
        }
        result.figures.push_back({f.name, f.section, f.key, figure, value});
    };
    found.kernels.timing = timing_of(recording);
    if (found.kernels.timing != device.kernels.timing)
        found.kernels.timing_source = "time_method of " + source;
    tell(launch_figure(), "measured: an empty kernel among others, " + source);
    const std::string text = fmt::format("fitted to {} pieces of work of {}", result.fitted, source);
    for (const FitFigure& f : time_figures()) {
        const bool recorded = (f.kinds & samples.kinds()) != 0;
        tell(f, recorded ? text : fmt::format("the least there is: nothing of it is in {}", source));
    }
    if (fitted_joules.size() > 1) {
        tell(idle_figure(), "measured: the board with a context and no work, " + source);
        tell(burst_figure(),
             "measured: the most that one of the fitted pieces of work drew in its window, " + source);
        const std::string joules =
            fmt::format("fitted to the joules of {} pieces of work of {}", fitted_joules.size(), source);
        for (const FitFigure& f : energy_figures()) tell(f, joules);
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
    const KernelFigures& kernels = fit.device.kernels;
    if (kernels.timing) {
        document.at("kernels")["timing"] = to_string(*kernels.timing);
        document.at("kernels")["timing_source"] = kernels.timing_source;
    }
    return document.dump(2) + "\n";
}

}  // namespace satsim::gpu
