#include "host/reproduction.hpp"

#include "host/inputs.hpp"
#include "host/notes.hpp"
#include "runtime/dispatch/host_target.hpp"
#include "runtime/dispatch/result_json.hpp"
#include "runtime/dispatch/step_runner.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim::host {
namespace {

std::vector<std::string> texts(const JsonCursor& array) {
    std::vector<std::string> values;
    for (std::size_t i = 0; i < array.size(1); ++i) values.push_back(array.at(i).text());
    return values;
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

Reproduction reproduce(const ReproductionPlan& plan, const Options& options, const Hardware& hardware,
                       const Progress& progress) {
    std::vector<TrainingStep> steps;
    for (const std::string& name : plan.networks) {
        const Network network = find_network(name, options.models_folder);
        for (const std::string& recipe : plan.recipes) {
            steps.push_back(make_step(network, find_recipe(recipe, options.models_folder),
                                      options.batch_override(), hardware, !options.no_pregeneration));
        }
    }
    note_dataflow(options.dataflow);
    sat::SatTarget sat(options.sat_settings(hardware));
    HostTarget host(hardware);
    const std::vector<StepResult> results = run_steps(steps, hardware, sat, host, progress);

    Reproduction reproduction;
    reproduction.channels = hardware.array.channels;
    reproduction.average.name = "average";
    std::size_t next = 0;
    for (const std::string& name : plan.networks) {
        const StepResult& dense = results[next];
        NetworkSpeedups line;
        line.name = name;
        line.batch = dense.batch;
        for (const std::string& recipe : plan.recipes) {
            const StepResult& result = results[next++];
            line.speedup[recipe] = speedup(dense, result);
            line.gemm_speedup[recipe] = gemm_speedup(dense, result);
            line.arithmetic_bound[recipe] = result.arithmetic_bound();
            line.steps[recipe] = {result.time, result.utilization()};
        }
        add_mean(reproduction.average.speedup, line.speedup, plan.networks.size());
        add_mean(reproduction.average.gemm_speedup, line.gemm_speedup, plan.networks.size());
        add_mean(reproduction.average.arithmetic_bound, line.arithmetic_bound, plan.networks.size());
        reproduction.networks.push_back(std::move(line));
    }
    return reproduction;
}

}  // namespace satsim::host
