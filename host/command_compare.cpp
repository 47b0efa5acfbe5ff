// satsim compare: one network under two recipes, layer by layer.
#include <fmt/format.h>

#include <memory>

#include "host/ablation.hpp"
#include "host/commands.hpp"
#include "host/compare/compare_targets.hpp"
#include "host/file_types.hpp"
#include "host/inputs.hpp"
#include "host/memory_table.hpp"
#include "host/module_table.hpp"
#include "host/notes.hpp"
#include "host/options.hpp"
#include "host/progress.hpp"
#include "host/refuse_beside.hpp"
#include "host/report.hpp"
#include "host/result_tables.hpp"
#include "host/samples.hpp"
#include "runtime/dispatch/capacity.hpp"
#include "runtime/dispatch/host_target.hpp"
#include "runtime/dispatch/result_json.hpp"
#include "runtime/dispatch/step_runner.hpp"
#include "runtime/gzip/gzip.hpp"
#include "runtime/support/error.hpp"
#include "runtime/trace/step_trace.hpp"

namespace satsim::host {
namespace {

std::string text_of(const Network& network, const Hardware& hardware, const Options& options,
                    const StepResult& baseline, const StepResult& result) {
    return fmt::format(
        "{}, batch {}: {} against {} on {}, fidelity {}\n\n{}\n{}\n{}{}\n{}\nEnergy model: {}\n{}{}{}{}"
        "speedup {:.2f}x (whole step), {:.2f}x (GEMM stages only); arithmetic alone allows {:.2f}x\n{}",
        result.network, result.batch, result.recipe, baseline.recipe, hardware.name, options.fidelity,
        comparison_table(baseline, result).text(), stage_table(baseline, result).text(),
        operation_table(baseline, result).text(), module_text(network, &baseline, result),
        energy_table(result.energy).text(), result.energy.model, totals_text(baseline), totals_text(result),
        memory_text(baseline), memory_text(result), speedup(baseline, result), gemm_speedup(baseline, result),
        arithmetic_speedup(baseline, result), provenance_text(result));
}

int compare(const ComparisonArguments& arguments) {
    if (arguments.targets.empty() && !arguments.gpu.record.empty())
        throw InputError("--record", "", "keeps what is measured, expected --target gpu beside it");
    if (arguments.ablation) return compare_ablation(arguments);
    require_report(arguments.report);
    if (!arguments.targets.empty()) return compare_targets(arguments);
    const Options& options = arguments.options;
    note_dataflow(options.dataflow);
    const Hardware hardware = options.hardware();
    const Network network = find_sampled_network(arguments.network, options);
    std::vector<TrainingStep> steps;
    std::vector<MemoryFit> plans;
    for (const std::string& name : {arguments.baseline, arguments.recipe}) {
        const Recipe recipe = find_recipe(name, options.models_folder);
        steps.push_back(
            make_step(network, recipe, options.batch_override(), hardware, !options.no_pregeneration));
        plans.push_back(plan_memory(network, recipe, steps.back(), hardware.capacity_bytes()));
    }
    sat::SatSettings settings = options.sat_settings(hardware);
    settings.recording = recording_of(!arguments.trace.empty(), !arguments.report.empty());
    sat::SatTarget sat(std::move(settings));
    HostTarget host(hardware);
    std::vector<StepResult> results;
    {
        ProgressBar bar("simulating " + network.name);
        results = run_steps(steps, hardware, sat, host,
                            [&bar](std::size_t done, std::size_t total) { bar.update(done, total); });
    }
    for (std::size_t i = 0; i < results.size(); ++i) results[i].memory = plans[i];
    const StepResult& baseline = results[0];
    const StepResult& result = results[1];
    if (!arguments.trace.empty()) write_text(arguments.trace, make_step_trace(results, {}).json());
    write_report(arguments.report, "compare",
                 fmt::format("{}: {} against {}", result.network, result.recipe, baseline.recipe), options,
                 hardware, compare_json_with_modules(network, results), results);
    if (options.json)
        deliver(options, compare_json_with_modules(network, results).dump(1) + "\n");
    else if (options.csv)
        deliver(options, comparison_table(baseline, result).csv());
    else
        deliver(options, text_of(network, hardware, options, baseline, result));
    return 0;
}

}  // namespace

void add_compare(CLI::App& program, Action& action) {
    auto arguments = std::make_shared<ComparisonArguments>();
    CLI::App* command =
        program.add_subcommand("compare", "a training step under two recipes, layer by layer");
    command->footer(
        "Example: satsim compare resnet18 --recipe bdwp-2:8 --baseline dense --trace step.json --report "
        "step.html\n"
        "Example: satsim compare resnet18 --ablation\n"
        "Example: satsim compare vit-cifar --recipe bdwp-2:8 --fidelity fast --target "
        "sat,gpu-model:h100,gpu-model:a100 --report machines.html\n"
        "Example: satsim compare armor-tiny --recipe wohg-3+bdwp-2:8 --baseline wohg-3+dense --fidelity fast "
        "--target sat,gpu-model:jetson-agx-orin,hetero --placement edp");
    command->add_option("network", arguments->network, "network file, or the name of one in models/networks")
        ->type_name(file_type::kNetwork)
        ->required();
    command->add_option("--recipe", arguments->recipe, kRecipeHelp)
        ->type_name(file_type::kRecipe)
        ->capture_default_str();
    command->add_option("--baseline", arguments->baseline, "the recipe to compare with")
        ->type_name(file_type::kRecipe)
        ->capture_default_str();
    add_target_options(*command, arguments->targets, arguments->gpu);
    add_placement_options(*command, arguments->placement);
    command
        ->add_option("--trace", arguments->trace,
                     "write a trace of both steps (with --target: of every target) for Perfetto to this file")
        ->type_name(file_type::kOutput);
    CLI::Option* report = add_report_option(*command, arguments->report);
    CLI::Option* ablation = command->add_flag(
        "--ablation", arguments->ablation,
        "a table of both steps with each of the three optimisations switched off, and with none");
    arguments->options.add_models(*command);
    arguments->options.add_hardware(*command);
    arguments->options.add_schedule(*command);
    arguments->options.add_simulation(*command);
    arguments->options.add_batch(*command);
    arguments->options.add_format(*command, "formats/compare.md");
    ablation->excludes(report);
    for (const char* other : {"--target", "--trace", "--dataflow", "--no-interleave", "--no-pregeneration"})
        ablation->excludes(command->get_option(other));
    command->callback([command, arguments, &action] {
        refuse_without(*command, "--target", {"--placement", "--save-placement"});
        refuse_unused(*command, arguments->targets);
        action = [arguments] { return compare(*arguments); };
    });
}

}  // namespace satsim::host
