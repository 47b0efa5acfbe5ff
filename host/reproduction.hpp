// What `satsim reproduce` runs and what comes of it: networks under dense and every method at every pattern.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/options.hpp"
#include "runtime/dispatch/step_result.hpp"

namespace satsim::host {

// models/reproduce.json.
struct ReproductionPlan {
    struct Published {
        std::string recipe;
        double speedup = 0;
        std::string source;
    };
    std::vector<std::string> networks;
    std::vector<std::string> recipes;  // "dense" first
    std::vector<Published> published;

    // The recipe that is looked at more closely: that of the first published figure, else the last one.
    [[nodiscard]] std::optional<std::string> foremost() const;
};
[[nodiscard]] ReproductionPlan load_plan(const std::filesystem::path& file);

// What a speedup is made of.
struct StepSummary {
    TimeShares time;
    double utilization = 0;
};

// Speedups over dense, by recipe.
struct NetworkSpeedups {
    std::string name;
    std::int64_t batch = 0;
    std::map<std::string, double> speedup;
    std::map<std::string, double> gemm_speedup;
    std::map<std::string, double> arithmetic_bound;
    std::map<std::string, StepSummary> steps;  // networks only, not the average
};

struct Reproduction {
    int channels = 0;
    std::vector<NetworkSpeedups> networks;
    NetworkSpeedups average;  // arithmetic means over the networks
    // Dense and the plan's foremost recipe of each network; only when asked for.
    std::vector<StepResult> compared;
    std::vector<StepResult> all;  // under every recipe; only when asked for
};

using Progress = std::function<void(std::size_t done, std::size_t total)>;

// What a Reproduction holds besides its averages.
struct Kept {
    bool compared = false;
    bool all = false;
    bool engines = false;  // of those steps: record when each engine works
};
[[nodiscard]] Reproduction reproduce(const ReproductionPlan& plan, const Options& options,
                                     const Hardware& hardware, const Kept& kept, const Progress& progress);

}  // namespace satsim::host
