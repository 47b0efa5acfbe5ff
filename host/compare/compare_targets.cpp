#include "host/compare/compare_targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "host/compare/mix.hpp"
#include "host/compare/target_answers.hpp"
#include "host/compare/target_groups.hpp"
#include "host/compare/target_tables.hpp"
#include "host/compare/timing_note.hpp"
#include "host/file_types.hpp"
#include "host/inputs.hpp"
#include "host/memory_table.hpp"
#include "host/module_table.hpp"
#include "host/range.hpp"
#include "host/refuse_beside.hpp"
#include "host/report.hpp"
#include "host/result_tables.hpp"
#include "host/samples.hpp"
#include "host/split.hpp"
#include "runtime/comparison/targets_json.hpp"
#include "runtime/comparison/targets_trace.hpp"
#include "runtime/dispatch/pregeneration.hpp"
#include "runtime/gzip/gzip.hpp"
#include "runtime/placement/placement_file.hpp"
#include "runtime/placement/placement_trace.hpp"
#include "runtime/support/atomic_file.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {
namespace {

constexpr std::int64_t kPieces = 16;  // of a repeated module where several machines can share it

Steps make_steps(const ComparisonArguments& arguments, std::int64_t pieces) {
    const Options& options = arguments.options;
    Steps made;
    made.network = find_sampled_network(arguments.network, options, pieces);
    for (const std::string& name : {arguments.baseline, arguments.recipe}) {
        made.recipes.push_back(find_recipe(name, options.models_folder));
        const TrainingStep step =
            make_training_step(made.network, made.recipes.back(), options.batch_override());
        made.steps.push_back(options.no_pregeneration ? without_pregeneration(step) : step);
    }
    return made;
}

// Every machine and mix, run.
struct Compared {
    std::vector<TargetRun> runs;  // in the order asked for
    std::vector<Mix> mixes;
    std::vector<std::string> asked;        // what was asked for each run: "sat@fit"
    std::vector<std::size_t> mixes_among;  // the run of each mix
    std::vector<Row> rows;

    [[nodiscard]] const Mix* mix_of(std::size_t run) const {
        for (std::size_t i = 0; i < mixes.size(); ++i)
            if (mixes_among[i] == run) return &mixes[i];
        return nullptr;
    }
};

// What --json prints, and what a report shows.
nlohmann::ordered_json complete(nlohmann::ordered_json document, const ComparisonArguments& arguments,
                                const Network& network, const Compared& compared) {
    document["recipe"] = arguments.recipe;
    document["baseline"] = arguments.baseline;
    document["targets"] = targets_json(compared.runs);
    for (std::size_t i = 0; i < compared.runs.size(); ++i) {
        nlohmann::ordered_json& target = document["targets"][i];
        target["modules"] = modules_of(network, compared.runs[i]);
        if (compared.asked[i] != compared.runs[i].name) target["asked"] = compared.asked[i];
        if (const Mix* mix = compared.mix_of(i)) target.update(mix_json(network, *mix));
    }
    document["rows"] = rows_json(compared.runs, compared.rows);
    return document;
}

std::string recipe_on_targets(const ComparisonArguments& arguments) {
    const std::size_t targets = arguments.targets.size();
    return fmt::format("{} on {} {}", arguments.recipe, targets, targets == 1 ? "target" : "targets");
}

std::string title_of(const ComparisonArguments& arguments, const Steps& made) {
    return fmt::format("{}: {}", made.steps[1].network, recipe_on_targets(arguments));
}

}  // namespace

void add_target_options(CLI::App& command, std::vector<std::string>& targets, GpuMeasuring& gpu) {
    command
        .add_option_function<std::vector<std::string>>(
            "--target",
            [&targets](const std::vector<std::string>& lists) {
                // Not CLI11's delimiter: it drops empty names, and for "," alone takes the next option.
                for (const std::string& list : lists) {
                    for (std::string& name : split(list, ',')) targets.push_back(std::move(name));
                    if (list.empty() || std::ranges::count(targets, "") > 0)
                        throw InputError("--target '" + list + "'", "",
                                         "has an empty name, expected targets with a comma between them");
                }
            },
            "side by side on several machines: sat, gpu or cpu (measured here and now), gpu:FILE or "
            "cpu:FILE (a recording), gpu-model:DEVICE (a file, or the name of one in models/gpus); hetero "
            "is the best mix of the others, NAME@K a pipeline of K machines, NAME@fit of as many as the "
            "step needs")
        ->type_name(file_type::kTarget);
    command.add_option("--record", gpu.record, "keep what --target gpu or cpu measures in this file")
        ->type_name(file_type::kOutput);
    command
        .add_option(
            "--energy-window", gpu.energy_window,
            "seconds that --target gpu or cpu repeats each piece of work for its energy (0: no energy)")
        ->check(range(0.0, 60.0))
        ->capture_default_str();
}

void refuse_unused(const CLI::App& command, const std::vector<std::string>& targets) {
    refuse_without(command, "--target", {"--energy-window"});
    if (targets.empty()) return;
    const auto named = [&targets](const std::string& name) {
        return std::ranges::any_of(targets, [&name](const std::string& target) {
            return target == name || target.starts_with(name + "@");
        });
    };
    if (command.count("--energy-window") > 0 && !named("gpu") && !named("cpu"))
        throw InputError("--energy-window", "",
                         "is about what is measured, expected --target gpu or cpu beside it");
    if (named("sat")) return;
    // Those of the hardware file's host and how fast to find out (--hardware, --fidelity, --workers) may
    // stand beside any target; so may --no-pregeneration, which changes the step.
    for (const char* option :
         {"--channels", "--memory", "--dataflow", "--no-interleave", "--stall-seed", "--no-skip"}) {
        if (command.count(option) > 0)
            throw InputError(option, "", "is about SAT, expected sat among the targets");
    }
}

void add_placement_options(CLI::App& command, PlacementOptions& placement) {
    command
        .add_option(
            "--placement", placement.policy,
            "what --target ...,hetero is placed for: time, energy, edp (energy x delay), or a placement file")
        ->type_name(file_type::kPolicy)
        ->capture_default_str();
    command
        .add_option("--save-placement", placement.write, "write where hetero places everything to this file")
        ->type_name(file_type::kOutput);
}

namespace {

void write_placement(const std::string& file, const Network& network, const Mix& mix) {
    const placement::PlacedStep& placed = mix.recipe();
    write_file_atomically(
        file,
        placement::placement_document(network, placed.problem, placed.placement.assignment).dump(1) + "\n");
}

// A trace of every target, in their order.
void write_trace(const std::string& file, const Network& network, const Compared& compared) {
    constexpr std::size_t kMostRuns = 40'000;
    ChromeTrace trace = make_targets_trace();
    LayerPlaces places;
    int pid = 1;
    for (std::size_t i = 0; i < compared.runs.size(); ++i) {
        const TargetRun& run = compared.runs[i];
        if (const Mix* mix = compared.mix_of(i))
            pid = placement::add_placed_step(trace, pid, i, network, run, mix->recipe(),
                                             kMostRuns / compared.mixes.size(), places);
        else
            add_target(trace, pid++, i, run, network.name, places);
    }
    places.link(trace);
    write_text(file, trace.json());
}

// What people read of the targets, the mixes, and of where the step comes from.
std::string text_of(const ComparisonArguments& arguments, const Steps& made, const Compared& compared) {
    const TrainingStep& step = made.steps[1];
    const std::vector<TargetRun>& runs = compared.runs;
    std::string text = fmt::format("{}, batch {}: {} (baseline of each: {})\n\n", step.network, step.batch,
                                   recipe_on_targets(arguments), arguments.baseline);
    text += targets_text(runs, compared.rows) + module_text(made.network, runs);
    if (std::ranges::any_of(runs, [](const TargetRun& run) { return run.memory.has_value(); }))
        text += "\n" + memory_table(runs).text();
    text += misfits_text(runs, step.recipe, made.steps[0].recipe);
    for (const Mix& mix : compared.mixes) text += "\n" + mix_text(made.network, mix);
    const std::string provenance = provenance_text(step.recipe, step.sample, step.assumptions);
    return text + (provenance.empty() ? "" : "\n" + provenance);
}

// In the order asked for.
void collect_runs(const TargetGroups& targets, std::vector<Answer>& answers, Compared& compared) {
    std::size_t mix = 0;
    const auto add_mix = [&compared](std::size_t number, const std::string& asked) {
        compared.mixes_among[number] = compared.runs.size();
        compared.runs.push_back(compared.mixes[number].run);
        compared.asked.push_back(asked);
    };
    compared.mixes_among.resize(compared.mixes.size());
    for (std::size_t i = 0; i <= targets.groups.size(); ++i) {
        if (targets.mix && i == targets.mix_at) add_mix(compared.mixes.size() - 1, kMix);
        if (i == targets.groups.size()) break;
        if (targets.groups[i].pipeline) {
            add_mix(mix++, targets.groups[i].text);
        } else {
            compared.runs.push_back(std::move(answers[i].run));
            compared.asked.push_back(compared.runs.back().name);
        }
    }
}

Compared run_targets(TargetGroups& targets, const ComparisonArguments& arguments, const Steps& made,
                     const Hardware& hardware, nlohmann::ordered_json& document) {
    Compared compared;
    std::vector<Answer> answers;
    std::vector<MixPart> parts;
    answers.reserve(targets.groups.size());
    for (TargetGroup& group : targets.groups) {
        answers.push_back(answer_of(group.chosen, arguments, made, hardware, !group.pipeline && !targets.mix,
                                    group.pipeline ? nullptr : &document));
        if (group.copies == 0) group.copies = least_copies(made, answers.back(), hardware);
        parts.push_back({&answers.back(), group.copies, nullptr});
    }
    // A placement file beside hetero is hetero's.
    const std::string& policy = arguments.placement.policy;
    const std::string pipelines = targets.mix && !is_objective(policy) ? "time" : policy;
    compared.mixes.reserve(parts.size() + 1);  // parts point at them
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!targets.groups[i].pipeline) continue;
        const std::string name = fmt::format("{}@{}", answers[i].run.name, parts[i].copies);
        compared.mixes.push_back(make_mix(name, pipelines, made, {&parts[i], 1}, hardware));
        parts[i].alone = &compared.mixes.back();
    }
    if (targets.mix) compared.mixes.push_back(make_mix(kMix, policy, made, parts, hardware));
    collect_runs(targets, answers, compared);
    compared.rows = align(compared.runs);
    return compared;
}

}  // namespace

int compare_targets(const ComparisonArguments& arguments) {
    const Options& options = arguments.options;
    TargetGroups targets = read_targets(arguments);
    const Steps made = make_steps(arguments, targets.has_pipeline() ? kPieces : 1);
    const Hardware hardware = options.hardware();
    nlohmann::ordered_json document = {{"network", made.steps[1].network}, {"batch", made.steps[1].batch}};
    if (!made.steps[1].sample.empty()) document["sample"] = made.steps[1].sample;
    if (!made.steps[1].assumptions.empty()) document["assumptions"] = made.steps[1].assumptions;
    const Compared compared = run_targets(targets, arguments, made, hardware, document);
    if (!arguments.placement.write.empty())
        write_placement(arguments.placement.write, made.network, compared.mixes.back());
    if (!arguments.trace.empty()) write_trace(arguments.trace, made.network, compared);
    document = complete(std::move(document), arguments, made.network, compared);
    const bool has_sat = std::ranges::any_of(
        targets.groups, [](const TargetGroup& group) { return std::holds_alternative<Sat>(group.chosen); });
    nlohmann::ordered_json shown = document;
    for (const Mix& mix : compared.mixes) shown["mixes"].push_back(mix_report(made.network, mix));
    write_targets_report(arguments.report, title_of(arguments, made), options, has_sat ? &hardware : nullptr,
                         std::move(shown));
    if (!compared.mixes.empty()) {
        // Of the last mix, hetero where it is asked for.
        const nlohmann::ordered_json last = document["targets"][compared.mixes_among.back()];
        for (const char* field : {"placement", "lower_bound_seconds", "memory"})
            document[field] = last.at(field);
    }
    if (options.json) {
        deliver(options, document.dump(1) + "\n");
    } else if (options.csv) {
        deliver(options, row_table(compared.runs, compared.rows, TableUse::Program).csv());
    } else {
        const std::string timings = timing_note(compared.runs);
        deliver(options, text_of(arguments, made, compared) + (timings.empty() ? "" : "\n" + timings));
    }
    return 0;
}

}  // namespace satsim::host
