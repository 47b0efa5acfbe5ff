// Points a second of a sweep on one core: sweep_bench [SWEEP.json [POINTS]]. POINTS points in ten runs,
// spread evenly over the order in which one worker would take them; processor time, so that a busy machine
// matters less.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <string>

#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"
#include "sim/sweep/evaluator.hpp"
#include "sim/sweep/work.hpp"

namespace {

using namespace satsim;
using namespace satsim::sweep;

double processor_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

int run(const std::string& file, std::size_t most) {
    const std::string models = std::string(SATSIM_SOURCE_DIR) + "/models";
    const SweepFile sweep = load_sweep(file);
    Configurations configurations(sweep, [&](Document document, const std::string& name) {
        if (document == Document::Recipe) return load_recipe_document(name, models);
        return parse_json_file(models + (document == Document::Hardware ? "/hardware/" : "/networks/") +
                               name + ".json");
    });
    const std::vector<Choice> points = points_of(sweep);
    const double start = processor_seconds();
    std::vector<PointKey> keys;
    for (const Choice& choice : points) keys.push_back(configurations.key(choice));
    std::vector<std::size_t> all(points.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    const std::vector<Batch> batches = make_batches(keys, all, 1);
    const double keyed = processor_seconds();
    Evaluator evaluator(sat::Fidelity::Fast);
    std::size_t done = 0;
    std::size_t asked = 0;
    std::vector<std::size_t> order;
    for (const Batch& batch : batches) order.insert(order.end(), batch.begin(), batch.end());
    constexpr std::size_t kRuns = 4;
    for (std::size_t run = 0; run < kRuns; ++run) {
        const std::size_t begin = order.size() * run / kRuns;
        const std::size_t end =
            std::min(order.size() * (run + 1) / kRuns, begin + (most + kRuns - 1) / kRuns);
        for (std::size_t i = begin; i < end; ++i) {
            ++asked;
            done += evaluator.evaluate(configurations, points[order[i]]).status == Status::Done ? 1 : 0;
        }
    }
    const double seconds = processor_seconds() - keyed;
    fmt::print("{}: {} points identified in {:.2f} s; {} evaluated ({} possible) in {:.2f} s of one core\n",
               sweep.name, points.size(), keyed - start, asked, done, seconds);
    fmt::print("{:.1f} points/s, {:.2f} ms a possible point\n", static_cast<double>(asked) / seconds,
               1e3 * seconds / static_cast<double>(done > 0 ? done : 1));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const std::string file =
            argc > 1 ? argv[1] : std::string(SATSIM_SOURCE_DIR) + "/models/sweeps/resnet18-10k.json";
        return run(file, argc > 2 ? static_cast<std::size_t>(std::atoll(argv[2])) : 500);
    } catch (const satsim::InputError& error) {
        fmt::print(stderr, "sweep_bench: {}\n", error.what());
        return 2;
    }
}
