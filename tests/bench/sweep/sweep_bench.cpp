// Points a second of a sweep: sweep_bench [SWEEP.json [POINTS [WORKERS]]]. POINTS points in four runs, spread
// evenly over the sweep. Several workers are played by one process, the one that has worked least asking for
// points next: processor time, so that a busy machine matters less. It leaves out what processes cost each
// other (caches, messages).
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"
#include "sim/sweep/evaluator.hpp"
#include "sim/sweep/kin.hpp"

namespace {

using namespace satsim;
using namespace satsim::sweep;

double processor_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::vector<std::size_t> spread(std::size_t points, std::size_t most) {
    constexpr std::size_t kRuns = 4;
    std::vector<std::size_t> chosen;
    for (std::size_t run = 0; run < kRuns; ++run) {
        const std::size_t begin = points * run / kRuns;
        const std::size_t end = std::min(points * (run + 1) / kRuns, begin + (most + kRuns - 1) / kRuns);
        for (std::size_t i = begin; i < end; ++i) chosen.push_back(i);
    }
    return chosen;
}

struct Played {
    std::vector<double> seconds;  // of processor time, by worker
    std::size_t possible = 0;
    std::int64_t predictions = 0;
};

Played play(Configurations& configurations, const std::vector<Choice>& points, Distribution distribution) {
    std::vector<Evaluator> evaluators;
    for (std::size_t w = 0; w < distribution.workers(); ++w) evaluators.emplace_back(sat::Fidelity::Fast);
    Played played{std::vector<double>(distribution.workers(), 0), 0};
    std::set<std::pair<double, std::size_t>> asking;
    for (std::size_t w = 0; w < distribution.workers(); ++w) asking.insert({0, w});
    while (!asking.empty()) {
        const std::size_t worker = asking.begin()->second;
        asking.erase(asking.begin());
        const auto range = distribution.next(worker);
        if (!range) continue;
        const double start = processor_seconds();
        for (const std::size_t point : distribution.points(*range)) {
            const PointResult result = evaluators[worker].evaluate(configurations, points[point]);
            played.possible += result.status == Status::Done ? 1 : 0;
        }
        played.seconds[worker] += processor_seconds() - start;
        asking.insert({played.seconds[worker], worker});
    }
    for (const Evaluator& evaluator : evaluators) played.predictions += evaluator.predictions();
    return played;
}

int run(const std::string& file, std::size_t most, std::size_t workers) {
    const std::string models = std::string(SATSIM_SOURCE_DIR) + "/models";
    const SweepFile sweep = load_sweep(file);
    Configurations configurations(sweep, [&](Document document, const std::string& name) {
        if (document == Document::Recipe) return load_recipe_document(name, models);
        return parse_json_file(models + (document == Document::Hardware ? "/hardware/" : "/networks/") +
                               name + ".json");
    });
    const std::vector<Choice> points = points_of(sweep);
    const std::vector<std::size_t> chosen = spread(points.size(), most);
    const double start = processor_seconds();
    std::vector<PointKey> keys;
    for (const Choice& choice : points) keys.push_back(configurations.key(choice));
    Distribution distribution(kin_of(configurations, points, keys, chosen), chosen, workers,
                              Distribution::kMostFastPoints);
    fmt::print("{}: {} points identified in {:.2f} s\n", sweep.name, points.size(),
               processor_seconds() - start);
    const Played played = play(configurations, points, std::move(distribution));
    const double all = std::accumulate(played.seconds.begin(), played.seconds.end(), 0.0);
    const double longest = *std::max_element(played.seconds.begin(), played.seconds.end());
    fmt::print(
        "{} evaluated ({} possible) in {:.2f} s of processor time: {:.1f} points/s, {:.2f} ms a possible "
        "point\n",
        chosen.size(), played.possible, all, static_cast<double>(chosen.size()) / all,
        1e3 * all / static_cast<double>(std::max<std::size_t>(played.possible, 1)));
    fmt::print("{} programs predicted; the last of {} workers is done after {:.2f} s\n", played.predictions,
               workers, longest);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const std::string file =
            argc > 1 ? argv[1] : std::string(SATSIM_SOURCE_DIR) + "/models/sweeps/resnet18-10k.json";
        const auto number = [&](int i, std::size_t otherwise) {
            return argc > i ? static_cast<std::size_t>(std::max(std::atoll(argv[i]), 1LL)) : otherwise;
        };
        return run(file, number(2, 500), number(3, 1));
    } catch (const satsim::InputError& error) {
        fmt::print(stderr, "sweep_bench: {}\n", error.what());
        return 2;
    }
}
