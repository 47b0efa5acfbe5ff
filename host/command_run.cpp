// satsim run: one training step under one recipe, one GEMM, or one program file.
#include <fmt/format.h>

#include <memory>

#include "host/commands.hpp"
#include "host/compare/compare_targets.hpp"
#include "host/compare/gemm_targets.hpp"
#include "host/file_types.hpp"
#include "host/fitting_gemm.hpp"
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
#include "runtime/comparison/module_shares.hpp"
#include "runtime/dispatch/capacity.hpp"
#include "runtime/dispatch/host_target.hpp"
#include "runtime/dispatch/result_json.hpp"
#include "runtime/dispatch/step_runner.hpp"
#include "runtime/gzip/gzip.hpp"
#include "runtime/isa/program.hpp"
#include "runtime/isa/program_fields.hpp"
#include "runtime/support/error.hpp"
#include "runtime/trace/step_trace.hpp"

namespace satsim::host {
namespace {

struct Arguments {
    Options options;
    std::string network;
    std::string recipe = "dense";
    std::string gemm;
    std::string nm = "dense";
    std::string program;
    bool hardware_chosen = false;  // --hardware was given
    std::string trace;
    std::string report;
    std::vector<std::string> targets;  // instead of SAT
    GpuMeasuring gpu;
};

sat::SatSettings recorded_settings(const Arguments& arguments, const Hardware& hardware) {
    sat::SatSettings settings = arguments.options.sat_settings(hardware);
    settings.recording = recording_of(!arguments.trace.empty(), !arguments.report.empty());
    return settings;
}

void write_trace_and_report(const Arguments& arguments, const Hardware& hardware, const StepResult& result,
                            nlohmann::ordered_json document) {
    if (!arguments.trace.empty()) write_text(arguments.trace, make_step_trace({&result, 1}, {}).json());
    write_report(arguments.report, "run", fmt::format("{}: {}", result.network, result.recipe),
                 arguments.options, hardware, std::move(document), {&result, 1});
}

int run_network(const Arguments& arguments) {
    const Options& options = arguments.options;
    note_dataflow(options.dataflow);
    const Hardware hardware = options.hardware();
    const Network network = find_sampled_network(arguments.network, options);
    const Recipe recipe = find_recipe(arguments.recipe, options.models_folder);
    const TrainingStep step =
        make_step(network, recipe, options.batch_override(), hardware, !options.no_pregeneration);
    sat::SatTarget sat(recorded_settings(arguments, hardware));
    HostTarget host(hardware);
    ProgressBar bar("simulating " + network.name);
    StepResult result = run_steps({step}, hardware, sat, host, [&bar](std::size_t done, std::size_t total) {
                            bar.update(done, total);
                        }).front();
    result.memory = plan_memory(network, recipe, step, hardware.capacity_bytes());
    nlohmann::ordered_json document = run_json(result);
    if (has_modules(network)) document["modules"] = modules_of(network, result.tasks);
    write_trace_and_report(arguments, hardware, result, document);
    if (options.json) {
        deliver(options, document.dump(1) + "\n");
    } else if (options.csv) {
        deliver(options, layer_table(result).csv());
    } else {
        deliver(options,
                fmt::format("{}, batch {}, {} on {}, fidelity {}\n\n{}\n{}\n{}{}\n{}\nEnergy model: {}\n{}",
                            result.network, result.batch, result.recipe, hardware.name, options.fidelity,
                            layer_table(result).text(), stage_table(result).text(),
                            operation_table(result).text(), module_text(network, nullptr, result),
                            energy_table(result.energy).text(), result.energy.model,
                            totals_text(result) + memory_text(result) + provenance_text(result)));
    }
    return 0;
}

int run_gemm(const Arguments& arguments) {
    const Options& options = arguments.options;
    const Hardware hardware = options.hardware();
    TrainingStep step;
    step.network = "gemm " + arguments.gemm;
    step.recipe = arguments.nm;
    step.batch = 1;
    step.tasks = {fitting_gemm(arguments.gemm, arguments.nm, hardware)};
    sat::SatTarget sat(recorded_settings(arguments, hardware));
    HostTarget host(hardware);
    const StepResult result = run_steps({step}, hardware, sat, host, {}).front();
    write_trace_and_report(arguments, hardware, result, run_json(result));
    if (options.json) {
        deliver(options,
                gemm_json(result.tasks.front(), hardware.clock_hz, hardware.peak_macs()).dump(1) + "\n");
    } else if (options.csv) {
        deliver(options, layer_table(result).csv());
    } else {
        deliver(options, layer_table(result).text() + "\n" + totals_text(result));
    }
    return 0;
}

// A program file states the array that it was scheduled for, and runs on that one: an option that names
// another would change nothing.
void require_chosen_array(const Arguments& arguments, const Hardware& hardware,
                          const isa::ArrayConfig& array) {
    const auto refuse = [&arguments](const std::string& option, const isa::FieldDifference& difference) {
        throw InputError(
            option, "",
            fmt::format(
                "has {} {}, {} is a program for {}; leave the option out or schedule the program anew",
                difference.name, difference.have, arguments.program, difference.want));
    };
    const Options& options = arguments.options;
    if (options.channels != 0 && options.channels != array.channels)
        refuse("--channels", {"channels", options.channels, array.channels});
    if (!arguments.hardware_chosen) return;
    if (const auto difference = isa::first_difference(hardware.array, array))
        refuse("--hardware " + options.hardware_name, *difference);
}

int run_program_file(const Arguments& arguments) {
    const Options& options = arguments.options;
    if (options.fidelity == "fast")
        throw InputError("--fidelity fast", "",
                         "knows schedules, not programs, expected --fidelity cycle beside --program");
    const isa::Program program = isa::load_program(arguments.program);
    const Hardware hardware = options.hardware();
    require_chosen_array(arguments, hardware, program.config);
    sat::require_runnable(program, arguments.program);
    const Execution execution = sat::run_program_forked(program, options.sat_settings(hardware).simulation);
    if (options.json) {
        nlohmann::ordered_json object = {{"program", arguments.program}, {"cycles", execution.cycles()}};
        for (std::size_t i = 0; i < isa::kEngines; ++i)
            object["busy"][std::string(isa::kEngineNames[i])] = execution.busy[i];
        object["read_lines"] = execution.memory.read_lines;
        object["write_lines"] = execution.memory.write_lines;
        object["mac_slots"] = execution.counters.mac_slots;
        deliver(options, object.dump(1) + "\n");
        return 0;
    }
    Table table({"<engine", "busy cycles", "of all"});
    for (std::size_t i = 0; i < isa::kEngines; ++i)
        table.row(
            {std::string(isa::kEngineNames[i]), count_cell(execution.busy[i]),
             percent_cell(static_cast<double>(execution.busy[i]) / static_cast<double>(execution.cycles()))});
    deliver(options, options.csv ? table.csv()
                                 : fmt::format("{}: {} cycles\n\n{}", arguments.program,
                                               grouped(execution.cycles()), table.text()));
    return 0;
}

// A step or a GEMM on other machines: the comparison's tables, what is run being its own baseline.
int run_targets(const Arguments& arguments) {
    if (!arguments.program.empty())
        throw InputError("--target", "", "runs a step or a GEMM, expected NETWORK or --gemm beside it");
    ComparisonArguments comparison;
    comparison.options = arguments.options;
    comparison.network = arguments.network;
    comparison.recipe = comparison.baseline = arguments.gemm.empty() ? arguments.recipe : arguments.nm;
    comparison.trace = arguments.trace;
    comparison.report = arguments.report;
    comparison.targets = arguments.targets;
    comparison.gpu = arguments.gpu;
    return arguments.gemm.empty() ? compare_targets(comparison)
                                  : run_gemm_targets(comparison, arguments.gemm);
}

int run(const Arguments& arguments) {
    const int chosen = (arguments.network.empty() ? 0 : 1) + (arguments.gemm.empty() ? 0 : 1) +
                       (arguments.program.empty() ? 0 : 1);
    if (chosen != 1) throw InputError("run", "", "expected exactly one of NETWORK, --gemm and --program");
    require_report(arguments.report);
    if (!arguments.targets.empty()) return run_targets(arguments);
    if (!arguments.gpu.record.empty())
        throw InputError("--record", "", "keeps what is measured, expected --target gpu or cpu beside it");
    if (!arguments.gemm.empty()) return run_gemm(arguments);
    if (!arguments.program.empty()) return run_program_file(arguments);
    return run_network(arguments);
}

}  // namespace

void add_run(CLI::App& program, Action& action) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = program.add_subcommand(
        "run", "one training step, one GEMM or one program on SAT; or a step or GEMM on GPUs");
    command->footer(
        "Example: satsim run resnet18 --recipe bdwp-2:8 --batch 32 --report step.html\n"
        "Example: satsim run --gemm 512,512,512 --nm 2:8 --memory ideal --json\n"
        "Example: satsim run --gemm 4096,4096,4096 --nm 2:8 --target sat,gpu-model:h100 --fidelity fast\n"
        "Example: satsim run resnet50 --recipe bdwp-2:8 --target gpu --record resnet50.json");
    command->add_option("network", arguments->network, "network file, or the name of one in models/networks")
        ->type_name(file_type::kNetwork);
    command->add_option("--recipe", arguments->recipe, kRecipeHelp)
        ->type_name(file_type::kRecipe)
        ->capture_default_str();
    CLI::Option* gemm =
        command->add_option("--gemm", arguments->gemm, "M,N,K: one product C[M,N] = A[M,K] * B[K,N]");
    command->add_option("--nm", arguments->nm, "pattern of the GEMM's B along K: N:M, or dense")
        ->capture_default_str()
        ->needs(gemm);
    CLI::Option* file =
        command->add_option("--program", arguments->program, "a program file (satsim schedule --program)")
            ->type_name(file_type::kFile);
    command
        ->add_option("--trace", arguments->trace,
                     "write a trace of the step or GEMM for Perfetto to this file")
        ->type_name(file_type::kOutput)
        ->excludes(file);
    add_report_option(*command, arguments->report)->excludes(file);
    add_target_options(*command, arguments->targets, arguments->gpu);
    arguments->options.add_models(*command);
    arguments->options.add_hardware(*command);
    arguments->options.add_schedule(*command);
    arguments->options.add_simulation(*command);
    arguments->options.add_batch(*command);
    arguments->options.add_format(*command, "formats/compare.md");
    command->callback([arguments, command, &action] {
        refuse_beside(*command, "--gemm", {"--recipe", "--batch", "--set", "--sample", "--no-pregeneration"});
        refuse_beside(*command, "--program",
                      {"--recipe", "--batch", "--set", "--sample", "--no-pregeneration", "--no-interleave",
                       "--dataflow"});
        if (!arguments->targets.empty()) refuse_beside(*command, "--gemm", {"--record", "--energy-window"});
        refuse_unused(*command, arguments->targets);
        arguments->hardware_chosen = command->count("--hardware") > 0;
        action = [arguments] { return run(*arguments); };
    });
}

}  // namespace satsim::host
