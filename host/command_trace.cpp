// satsim trace: a training step as a file for Perfetto, or the check of such a file.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "host/commands.hpp"
#include "host/file_types.hpp"
#include "host/inputs.hpp"
#include "host/notes.hpp"
#include "host/options.hpp"
#include "host/progress.hpp"
#include "host/range.hpp"
#include "host/refuse_beside.hpp"
#include "host/samples.hpp"
#include "host/trace_profiles.hpp"
#include "runtime/dispatch/host_target.hpp"
#include "runtime/dispatch/step_runner.hpp"
#include "runtime/gzip/gzip.hpp"
#include "runtime/support/error.hpp"
#include "runtime/trace/step_trace.hpp"
#include "runtime/trace/trace_check.hpp"

namespace satsim::host {
namespace {

constexpr int kCheckFailed = 1;

struct Arguments {
    Options options;
    std::string network;
    std::string recipe = "bdwp-2:8";
    std::string layer;
    std::string stage;
    std::string check;
    std::size_t max_events = 200'000;
};

bool wanted(const Arguments& arguments, const Task& task) {
    const auto* gemm = std::get_if<GemmTask>(&task);
    const auto* vector = std::get_if<VectorTask>(&task);
    const std::string& layer = gemm != nullptr ? gemm->layer : vector->layer;
    const Stage stage = gemm != nullptr ? gemm->stage : vector->stage;
    return (arguments.layer.empty() || layer == arguments.layer) &&
           (arguments.stage.empty() || arguments.stage == to_string(stage));
}

int check(const Arguments& arguments) {
    const TraceSummary summary = check_trace_file(arguments.check);
    if (arguments.options.json) {
        const nlohmann::ordered_json object = {{"events", summary.events},     {"slices", summary.slices},
                                               {"counters", summary.counters}, {"tracks", summary.tracks},
                                               {"end_us", summary.end_us},     {"broken", summary.broken}};
        deliver(arguments.options, object.dump(1) + "\n");
    } else {
        std::string text =
            fmt::format("{}: {} slices on {} tracks, {} counter values, {:.3f} us\n", arguments.check,
                        summary.slices, summary.tracks, summary.counters, summary.end_us);
        for (const std::string& rule : summary.broken) text += "broken: " + rule + "\n";
        deliver(arguments.options, text);
    }
    return summary.broken.empty() ? 0 : kCheckFailed;
}

// Why no task matches.
std::string nothing_of(const Network& network, const std::string& name) {
    for (const Layer& layer : network.layers) {
        if (layer.name != name || !layer.fused) continue;
        const Layer& before = network.layers[static_cast<std::size_t>(layer.inputs.front())];
        return "has no forward work of its own: " + before.name + " applies it";
    }
    return "names no task of network " + network.name;
}

int write(const Arguments& arguments) {
    const Options& options = arguments.options;
    if (options.output.empty()) throw InputError("trace", "", "expected -o FILE to write the trace to");
    const Hardware hardware = options.hardware();
    const Network network = find_sampled_network(arguments.network, options);
    const Recipe recipe = find_recipe(arguments.recipe, options.models_folder);
    const TrainingStep step =
        make_step(network, recipe, options.batch_override(), hardware, !options.no_pregeneration);
    bool any = false;
    for (const Task& task : step.tasks) any = any || wanted(arguments, task);
    if (!any) throw InputError("--layer " + arguments.layer, "", nothing_of(network, arguments.layer));
    note_dataflow(options.dataflow);
    sat::SatSettings settings = options.sat_settings(hardware);
    settings.wants_operations = [&arguments](const Task& task) { return wanted(arguments, task); };
    settings.recording = {static_cast<std::int64_t>(arguments.max_events), kTraceIntervals};
    sat::SatTarget sat(std::move(settings));
    HostTarget host(hardware);
    ProgressBar bar("simulating " + network.name);
    const std::vector<StepResult> results =
        run_steps({step}, hardware, sat, host,
                  [&bar](std::size_t done, std::size_t total) { bar.update(done, total); });
    const ChromeTrace trace = make_step_trace(results, {arguments.max_events});
    const std::size_t bytes = write_text(options.output, trace.json());
    if (options.json) {
        const nlohmann::ordered_json object = {
            {"file", options.output}, {"events", trace.events()}, {"bytes", bytes}};
        fmt::print("{}\n", object.dump(1));
    } else {
        fmt::print("{}: {} events, {:.1f} MB; open it at https://ui.perfetto.dev\n", options.output,
                   trace.events(), static_cast<double>(bytes) / 1e6);
    }
    return 0;
}

int trace(const Arguments& arguments) {
    if (arguments.check.empty() == arguments.network.empty())
        throw InputError("trace", "", "expected either NETWORK or --check FILE");
    return arguments.check.empty() ? write(arguments) : check(arguments);
}

}  // namespace

void add_trace(CLI::App& program, Action& action) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = program.add_subcommand("trace", "a training step as a trace for Perfetto");
    command->footer(
        "Example: satsim trace resnet9 --recipe bdwp-2:8 --batch 4 -o step.json\n"
        "Example: satsim trace --check step.json\n"
        "Example: satsim trace diff a.json b.json");
    command->add_option("network", arguments->network, "network file, or the name of one in models/networks")
        ->type_name(file_type::kNetwork);
    command->add_option("--recipe", arguments->recipe, kRecipeHelp)
        ->type_name(file_type::kRecipe)
        ->capture_default_str();
    command->add_option("--layer", arguments->layer, "draw single operations of this layer only");
    command->add_option("--stage", arguments->stage, "draw single operations of this stage only")
        ->check(CLI::IsMember({"FF", "BP", "WU"}));
    command
        ->add_option(
            "--max-events", arguments->max_events,
            "operations are drawn one by one while the file holds fewer events, later ones summed up; "
            "tasks, counters and names are always written")
        ->check(range(std::size_t{100}, std::size_t{2'000'000}))
        ->capture_default_str();
    command
        ->add_option("--check", arguments->check,
                     "verify a trace file instead: exit code 1 when it breaks a rule")
        ->type_name(file_type::kFile);
    arguments->options.add_models(*command);
    arguments->options.add_hardware(*command);
    arguments->options.add_schedule(*command);
    arguments->options.add_simulation(*command);
    arguments->options.add_batch(*command);
    command->add_flag("--json", arguments->options.json,
                      "what was written or checked as one JSON object, docs/formats/trace.md");
    command
        ->add_option("-o,--output", arguments->options.output,
                     "write the trace to this file, whole or not at all")
        ->type_name(file_type::kOutput);
    add_trace_profiles(*command, action);
    command->callback([command, arguments, &action] {
        refuse_beside(*command, "--check",
                      {"--recipe", "--layer", "--stage", "--max-events", "--batch", "--set", "--sample",
                       "--hardware", "--channels", "--memory", "--dataflow", "--no-interleave",
                       "--no-pregeneration", "--fidelity", "--stall-seed", "--no-skip", "--workers"});
        if (!command->get_subcommands().empty()) return;
        action = [arguments] { return trace(*arguments); };
    });
}

}  // namespace satsim::host
