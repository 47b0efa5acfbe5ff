// Steps of a sweep's front, task by task, for its report.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "host/inputs.hpp"
#include "host/options.hpp"
#include "host/progress.hpp"
#include "host/sweep/sweep_session.hpp"
#include "host/sweep/sweep_tables.hpp"
#include "runtime/dispatch/host_target.hpp"
#include "runtime/dispatch/result_json.hpp"
#include "runtime/dispatch/step_runner.hpp"
#include "runtime/report/document.hpp"
#include "sim/target/sat_target.hpp"

namespace satsim::host {
namespace {

// At most `most` of `points`, the first and the last among them, at even distances.
std::vector<const sweep::OutcomePoint*> spread(const std::vector<const sweep::OutcomePoint*>& points,
                                               std::size_t most) {
    if (points.size() <= most) return points;
    std::vector<const sweep::OutcomePoint*> chosen;
    for (std::size_t i = 0; i < most; ++i)
        chosen.push_back(points[most == 1 ? 0 : i * (points.size() - 1) / (most - 1)]);
    return chosen;
}

// "resnet18, point 7: rows 32, channels 4".
std::string title_of(const sweep::OutcomePoint& point, const std::vector<std::string>& fields) {
    const std::vector<std::string> names = short_names(fields);
    std::string title = fmt::format("{}, point {}", point.point.labels.network, point.number);
    for (std::size_t f = 0; f < names.size(); ++f)
        title += fmt::format("{} {} {}", f == 0 ? ":" : ",", names[f], point.point.labels.values.at(f));
    return title;
}

}  // namespace

nlohmann::ordered_json SweepSession::front_steps(std::size_t most) {
    const bool cycle = settings_.cycle_front || settings_.fidelity == "cycle";
    std::vector<const sweep::OutcomePoint*> front;
    for (const sweep::OutcomePoint& point : outcome_.points) {
        // What failed when it was simulated would fail here again.
        const bool done = !point.cycle || point.cycle->status == sweep::Status::Done;
        if (point.on_front && done) front.push_back(&point);
    }
    std::stable_sort(front.begin(), front.end(),
                     [](const auto* a, const auto* b) { return a->place() < b->place(); });
    nlohmann::ordered_json steps = nlohmann::ordered_json::array();
    for (const sweep::OutcomePoint* point : spread(front, most)) {
        const sweep::Configuration configuration = configurations_->resolve(choices_[point->number]);
        sat::SatSettings settings;
        settings.simulation.hardware = configuration.hardware;
        settings.simulation.options = configuration.options;
        settings.simulation.fidelity = cycle ? sat::Fidelity::Cycle : sat::Fidelity::Fast;
        settings.workers = settings_.workers;
        settings.recording = recording_of(false, true);
        sat::SatTarget sat(settings);
        HostTarget host(configuration.hardware);
        const std::string title = title_of(*point, outcome_.fields);
        ProgressBar bar(fmt::format("for the report, point {}", point->number));
        const std::vector<StepResult> results =
            run_steps({make_step(*configuration.network, configuration.recipe, configuration.batch,
                                 configuration.hardware, configuration.options.pregeneration)},
                      configuration.hardware, sat, host,
                      [&bar](std::size_t done, std::size_t total) { bar.update(done, total); });
        steps.push_back(
            report::step_json("run", title, configuration.hardware, run_json(results.front()), results));
    }
    return steps;
}

}  // namespace satsim::host
