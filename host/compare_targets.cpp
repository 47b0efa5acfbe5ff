#include "host/compare_targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>

#include "host/inputs.hpp"
#include "host/mix.hpp"
#include "host/report.hpp"
#include "host/samples.hpp"
#include "host/target_answers.hpp"
#include "host/target_tables.hpp"
#include "runtime/comparison/targets_json.hpp"
#include "runtime/comparison/targets_trace.hpp"
#include "runtime/dispatch/pregeneration.hpp"
#include "runtime/placement/placement_file.hpp"
#include "runtime/placement/placement_trace.hpp"
#include "runtime/support/atomic_file.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {
namespace {

constexpr const char* kMix = "hetero";

Steps make_steps(const ComparisonArguments& arguments) {
    const Options& options = arguments.options;
    Steps made;
    made.network = find_sampled_network(arguments.network, options);
    for (const std::string& name : {arguments.baseline, arguments.recipe}) {
        made.recipes.push_back(find_recipe(name, options.models_folder));
        const TrainingStep step =
            make_training_step(made.network, made.recipes.back(), options.batch_override());
        made.steps.push_back(options.no_pregeneration ? without_pregeneration(step) : step);
    }
    return made;
}

struct Targets {
    std::vector<Chosen> machines;
    bool mix = false;
};

Targets read_targets(const ComparisonArguments& arguments) {
    Targets targets;
    std::set<std::string> seen;
    for (const std::string& target : arguments.targets) {
        if (!seen.insert(target).second) throw InputError("--target " + target, "", "is named twice");
        if (target == kMix)
            targets.mix = true;
        else
            targets.machines.push_back(read_target(target, arguments));
    }
    if (!arguments.gpu.record.empty() && seen.contains("gpu") == seen.contains("cpu"))
        throw InputError("--record", "", "keeps what is measured, expected --target gpu or cpu beside it");
    if (targets.mix && targets.machines.empty())
        throw InputError("--target hetero", "", "mixes the other targets, expected at least one beside it");
    if (!targets.mix && (arguments.placement.policy != "time" || !arguments.placement.write.empty()))
        throw InputError("--placement", "",
                         "places tasks on several targets, expected --target ...,hetero beside it");
    return targets;
}

// What --json prints, and what a report shows.
nlohmann::ordered_json complete(nlohmann::ordered_json document, const ComparisonArguments& arguments,
                                const Network& network, std::span<const TargetRun> runs,
                                std::span<const Row> rows) {
    document["recipe"] = arguments.recipe;
    document["baseline"] = arguments.baseline;
    document["targets"] = targets_json(runs);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        ModuleTally tally(network);
        for (const TaskResult& task : runs[i].tasks)
            tally.add(task.layer, task.stage, task.seconds, task.energy_j);
        document["targets"][i]["modules"] = modules_json(tally.shares());
    }
    document["rows"] = rows_json(runs, rows);
    return document;
}

std::string title_of(const ComparisonArguments& arguments, const Steps& made) {
    const std::string& network = made.steps[1].network;
    const std::size_t targets = arguments.targets.size();
    return fmt::format("{}: {} on {} {}", network, arguments.recipe, targets,
                       targets == 1 ? "target" : "targets");
}

}  // namespace

void add_target_options(CLI::App& command, std::vector<std::string>& targets, GpuMeasuring& gpu) {
    command
        .add_option("--target", targets,
                    "side by side on several machines: sat, gpu or cpu (measured here and now), gpu:FILE or "
                    "cpu:FILE (a "
                    "recording), gpu-model:DEVICE (a file, or the name of one in models/gpus)")
        ->delimiter(',');
    command.add_option("--record", gpu.record, "keep what --target gpu or cpu measures in this file");
    command
        .add_option(
            "--energy-window", gpu.energy_window,
            "seconds that --target gpu or cpu repeats each piece of work for its energy (0: no energy)")
        ->check(CLI::Range(0.0, 60.0))
        ->capture_default_str();
}

void add_placement_options(CLI::App& command, PlacementOptions& placement) {
    command
        .add_option(
            "--placement", placement.policy,
            "what --target ...,hetero is placed for: time, energy, edp (energy x delay), or a placement file")
        ->capture_default_str();
    command.add_option("--save-placement", placement.write,
                       "write where hetero places everything to this file");
}

namespace {

void write_placement(const std::string& file, const Network& network, const Mix& mix) {
    const placement::PlacedStep& placed = mix.recipe();
    write_file_atomically(
        file,
        placement::placement_document(network, placed.problem, placed.placement.assignment).dump(1) + "\n");
}

// A trace of every target, and of the mix behind them.
void write_trace(const std::string& file, const Steps& made, std::span<const TargetRun> runs,
                 const Mix* mix) {
    constexpr std::size_t kMostRuns = 40'000;
    ChromeTrace trace = make_targets_trace(runs, made.steps[1].network);
    if (mix != nullptr)
        placement::add_placed_step(trace, static_cast<int>(runs.size()) + 1, made.network, mix->recipe(),
                                   kMostRuns);
    write_file_atomically(file, trace.json());
}

}  // namespace

int compare_targets(const ComparisonArguments& arguments) {
    const Options& options = arguments.options;
    Targets targets = read_targets(arguments);
    const Steps made = make_steps(arguments);
    const Hardware hardware = options.hardware();
    nlohmann::ordered_json document = {{"network", made.steps[1].network}, {"batch", made.steps[1].batch}};
    if (!made.steps[1].sample.empty()) document["sample"] = made.steps[1].sample;
    if (!made.steps[1].assumptions.empty()) document["assumptions"] = made.steps[1].assumptions;
    std::vector<Answer> answers;
    std::vector<TargetRun> runs;
    for (Chosen& target : targets.machines) {
        answers.push_back(answer_of(target, arguments, made, hardware, !targets.mix, document));
        runs.push_back(answers.back().run);
    }
    std::optional<Mix> mix;
    if (targets.mix) mix = make_mix(arguments.placement.policy, made, answers, hardware);
    if (!arguments.placement.write.empty()) write_placement(arguments.placement.write, made.network, *mix);
    const std::vector<Row> rows = align(runs);
    if (!arguments.trace.empty()) write_trace(arguments.trace, made, runs, mix ? &*mix : nullptr);
    document = complete(std::move(document), arguments, made.network, runs, rows);
    const bool has_sat = std::ranges::count(arguments.targets, "sat") > 0;
    write_targets_report(arguments.report, title_of(arguments, made), options, has_sat ? &hardware : nullptr,
                         document);
    if (mix) document["targets"].push_back(mix_json(made.network, *mix));
    if (options.json) {
        deliver(options, document.dump(1) + "\n");
    } else if (options.csv) {
        deliver(options, row_table(runs, rows, TableUse::Program).csv());
    } else {
        deliver(options, fmt::format("{}, batch {}: {} on {} targets (baseline of each: {})\n\n{}{}",
                                     made.steps[1].network, made.steps[1].batch, arguments.recipe,
                                     arguments.targets.size(), arguments.baseline, targets_text(runs, rows),
                                     mix ? "\n" + mix_text(made.network, *mix) : ""));
    }
    return 0;
}

}  // namespace satsim::host
