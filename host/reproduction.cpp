#include "host/reproduction.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "host/inputs.hpp"
#include "host/notes.hpp"
#include "runtime/dispatch/host_target.hpp"
#include "runtime/dispatch/result_json.hpp"
#include "runtime/dispatch/step_runner.hpp"
#include "runtime/support/json_cursor.hpp"
#include "sim/target/task_key.hpp"

namespace satsim::host {
namespace {

std::vector<std::string> texts(const JsonCursor& array) {
    std::vector<std::string> values;
    for (std::size_t i = 0; i < array.size(1); ++i) values.push_back(array.at(i).text());
    return values;
}

// Records the tasks of steps under some recipes; the others would only fill memory.
void record_steps(sat::SatSettings& settings, const std::vector<TrainingStep>& steps,
                  const std::function<bool(const std::string&)>& wanted) {
    std::set<std::string> keys;
    for (const TrainingStep& step : steps) {
        if (!wanted(step.recipe)) continue;
        for (const Task& task : step.tasks) keys.insert(sat::task_key(task));
    }
    settings.recording = recording_of(false, true);
    settings.wants_operations = [keys = std::move(keys)](const Task& task) {
        return keys.contains(sat::task_key(task));
    };
}

void add_mean(std::map<std::string, double>& mean, const std::map<std::string, double>& values,
              std::size_t count) {
    for (const auto& [recipe, value] : values) mean[recipe] += value / static_cast<double>(count);
}

}  // namespace

ReproductionPlan load_plan(const std::filesystem::path& file) {
    const nlohmann::json document = parse_json_file(file);
    const JsonCursor root(document, file.string());
    root.object({"networks", "methods", "patterns", "published"});
    ReproductionPlan plan;
    plan.networks = texts(root.at("networks"));
    plan.recipes = {"dense"};
    const std::vector<std::string> patterns = texts(root.at("patterns"));
    for (const std::string& method : texts(root.at("methods"))) {
        for (const std::string& pattern : patterns) plan.recipes.push_back(method + "-" + pattern);
    }
    const JsonCursor published = root.at("published");
    for (std::size_t i = 0; i < published.size(); ++i) {
        const JsonCursor entry = published.at(i);
        entry.object({"recipe", "speedup", "source"});
        plan.published.push_back(
            {entry.at("recipe").text(), entry.at("speedup").number(1e-6, 1e6), entry.at("source").text()});
    }
    return plan;
}

std::optional<std::string> ReproductionPlan::foremost() const {
    const auto is_run = [this](const std::string& recipe) {
        return recipe != "dense" && std::find(recipes.begin(), recipes.end(), recipe) != recipes.end();
    };
    for (const Published& entry : published) {
        if (is_run(entry.recipe)) return entry.recipe;
    }
    return is_run(recipes.back()) ? std::optional(recipes.back()) : std::nullopt;
}

Reproduction reproduce(const ReproductionPlan& plan, const Options& options, const Hardware& hardware,
                       const Kept& kept, const Progress& progress) {
    std::vector<TrainingStep> steps;
    for (const std::string& name : plan.networks) {
        const Network network = find_network(name, options.models_folder);
        for (const std::string& recipe : plan.recipes) {
            steps.push_back(make_step(network, find_recipe(recipe, options.models_folder),
                                      options.batch_override(), hardware, !options.no_pregeneration));
        }
    }
    note_dataflow(options.dataflow);
    const auto is_compared = [foremost = plan.foremost()](const std::string& recipe) {
        return foremost && (recipe == "dense" || recipe == *foremost);
    };
    sat::SatSettings settings = options.sat_settings(hardware);
    if (kept.engines) record_steps(settings, steps, is_compared);
    sat::SatTarget sat(std::move(settings));
    HostTarget host(hardware);
    std::vector<StepResult> results = run_steps(steps, hardware, sat, host, progress);

    Reproduction reproduction;
    reproduction.channels = hardware.array.channels;
    reproduction.average.name = "average";
    std::size_t next = 0;
    for (const std::string& name : plan.networks) {
        const StepResult dense = results[next];
        NetworkSpeedups line;
        line.name = name;
        line.batch = dense.batch;
        for (const std::string& recipe : plan.recipes) {
            StepResult& result = results[next++];
            line.speedup[recipe] = speedup(dense, result);
            line.gemm_speedup[recipe] = gemm_speedup(dense, result);
            line.arithmetic_bound[recipe] = result.arithmetic_bound();
            line.steps[recipe] = {result.time, result.utilization()};
            if (kept.all) reproduction.all.push_back(result);
            if (kept.compared && is_compared(recipe)) reproduction.compared.push_back(std::move(result));
        }
        add_mean(reproduction.average.speedup, line.speedup, plan.networks.size());
        add_mean(reproduction.average.gemm_speedup, line.gemm_speedup, plan.networks.size());
        add_mean(reproduction.average.arithmetic_bound, line.arithmetic_bound, plan.networks.size());
        reproduction.networks.push_back(std::move(line));
    }
    return reproduction;
}

}  // namespace satsim::host
