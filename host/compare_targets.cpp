#include "host/compare_targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <variant>

#include "host/inputs.hpp"
#include "host/notes.hpp"
#include "host/progress.hpp"
#include "host/report.hpp"
#include "host/samples.hpp"
#include "host/target_tables.hpp"
#include "runtime/comparison/targets_json.hpp"
#include "runtime/comparison/targets_trace.hpp"
#include "runtime/dispatch/capacity.hpp"
#include "runtime/dispatch/host_target.hpp"
#include "runtime/dispatch/pregeneration.hpp"
#include "runtime/dispatch/result_json.hpp"
#include "runtime/dispatch/step_runner.hpp"
#include "runtime/gpu_model/gpu_target.hpp"
#include "runtime/support/atomic_file.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {
namespace {

constexpr std::string_view kGpuModel = "gpu-model:";
constexpr std::string_view kRecordings[] = {"gpu:", "cpu:"};

// The baseline's step and the recipe's.
struct Steps {
    Network network;
    std::vector<Recipe> recipes;
    std::vector<TrainingStep> steps;
};

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

void require_fit(const Steps& made, const std::string& machine, Bytes capacity) {
    for (std::size_t i = 0; i < made.steps.size(); ++i)
        satsim::require_fit(made.network, made.recipes[i], made.steps[i], machine, capacity);
}

void set_baseline(TargetRun& run, std::vector<TaskResult> tasks) {
    TargetRun baseline;
    baseline.tasks = std::move(tasks);
    const Work work = total_work(baseline);
    run.baseline_seconds = work.seconds;
    run.baseline_joules = work.joules;
}

TargetRun run_sat(const ComparisonArguments& arguments, const Steps& made, nlohmann::ordered_json& document) {
    const Options& options = arguments.options;
    note_dataflow(options.dataflow);
    const Hardware hardware = options.hardware();
    require_fit(made, hardware.name, hardware.capacity_bytes());
    sat::SatTarget sat(options.sat_settings(hardware));
    HostTarget host(hardware);
    ProgressBar bar("simulating " + made.network.name);
    std::vector<StepResult> results =
        run_steps(made.steps, hardware, sat, host,
                  [&bar](std::size_t done, std::size_t total) { bar.update(done, total); });
    document.update(compare_json(results[0], results[1]));
    TargetRun run;
    run.name = "sat";
    run.description =
        fmt::format("{}, fidelity {}; energy: {}", hardware.name, options.fidelity, hardware.energy_model);
    run.machine = {2.0 * static_cast<double>(hardware.peak_macs()) * hardware.clock_hz,
                   hardware.array.line_bytes() * hardware.clock_hz, 0};
    run.tasks = std::move(results[1].tasks);
    set_baseline(run, std::move(results[0].tasks));
    return run;
}

TargetRun run_gpu_model(gpu::Device device, const Steps& made) {
    require_fit(made, device.name, static_cast<Bytes>(device.memory.capacity.value));
    gpu::GpuModelTarget target(std::move(device));
    const gpu::Device& gpu = target.device();
    TargetRun run;
    run.name = target.name();
    run.description = gpu.description + ", predicted from its device file";
    run.machine = {gpu.compute.tensor_dense.value, gpu.memory.bandwidth.value, gpu.power.board.value};
    run.tasks = run_counted(target, made.steps[1].tasks, {});
    set_baseline(run, run_counted(target, made.steps[0].tasks, {}));
    return run;
}

// Every name is known, every file sound and every device there before anything is run.
struct Sat {};
struct Measured {
    std::string name;
    std::unique_ptr<gpu::Meter> meter;
};
struct Recorded {
    std::string name;
    gpu::Recording recording;
};
using Chosen = std::variant<Sat, gpu::Device, Measured, Recorded>;

Chosen read_target(const std::string& target, const ComparisonArguments& arguments) {
    if (target == "sat") return Sat{};
    if (target == "gpu" || target == "cpu") return Measured{target, open_meter(target, arguments.gpu)};
    if (target.starts_with(kGpuModel) && target.size() > kGpuModel.size())
        return find_gpu(target.substr(kGpuModel.size()), arguments.options.models_folder);
    for (const std::string_view prefix : kRecordings) {
        if (target.starts_with(prefix) && target.size() > prefix.size())
            return Recorded{target, gpu::load_recording(target.substr(prefix.size()))};
    }
    throw InputError(
        "--target " + target, "",
        "is no target, expected sat, gpu, cpu, gpu:FILE or cpu:FILE (a recording) or gpu-model:DEVICE");
}

std::vector<Chosen> read_targets(const ComparisonArguments& arguments) {
    std::vector<Chosen> chosen;
    std::set<std::string> seen;
    for (const std::string& target : arguments.targets) {
        if (!seen.insert(target).second) throw InputError("--target " + target, "", "is named twice");
        chosen.push_back(read_target(target, arguments));
    }
    if (!arguments.gpu.record.empty() && seen.contains("gpu") == seen.contains("cpu"))
        throw InputError("--record", "", "keeps what is measured, expected --target gpu or cpu beside it");
    return chosen;
}

TargetRun run_target(Chosen& chosen, const ComparisonArguments& arguments, const Steps& made,
                     nlohmann::ordered_json& document) {
    if (auto* device = std::get_if<gpu::Device>(&chosen)) return run_gpu_model(std::move(*device), made);
    if (const auto* recorded = std::get_if<Recorded>(&chosen))
        return run_recording(recorded->name, recorded->recording, Provenance::Recorded, made.steps);
    if (const auto* measured = std::get_if<Measured>(&chosen)) {
        const gpu::Recording recording = measure_steps(made.steps, *measured->meter, arguments.gpu);
        return run_recording(measured->name, recording, Provenance::Measured, made.steps);
    }
    return run_sat(arguments, made, document);
}

// What --json prints, and what a report shows.
nlohmann::ordered_json complete(nlohmann::ordered_json document, const ComparisonArguments& arguments,
                                std::span<const TargetRun> runs, std::span<const Row> rows) {
    document["recipe"] = arguments.recipe;
    document["baseline"] = arguments.baseline;
    document["targets"] = targets_json(runs);
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

int compare_targets(const ComparisonArguments& arguments) {
    const Options& options = arguments.options;
    std::vector<Chosen> chosen = read_targets(arguments);
    const Steps made = make_steps(arguments);
    nlohmann::ordered_json document = {{"network", made.steps[1].network}, {"batch", made.steps[1].batch}};
    if (!made.steps[1].sample.empty()) document["sample"] = made.steps[1].sample;
    if (!made.steps[1].assumptions.empty()) document["assumptions"] = made.steps[1].assumptions;
    std::vector<TargetRun> runs;
    for (Chosen& target : chosen) runs.push_back(run_target(target, arguments, made, document));
    const std::vector<Row> rows = align(runs);
    if (!arguments.trace.empty())
        write_file_atomically(arguments.trace, make_targets_trace(runs, made.steps[1].network).json());
    document = complete(std::move(document), arguments, runs, rows);
    const bool has_sat = std::ranges::count(arguments.targets, "sat") > 0;
    const std::optional<Hardware> hardware = has_sat ? std::optional(options.hardware()) : std::nullopt;
    write_targets_report(arguments.report, title_of(arguments, made), options,
                         hardware ? &*hardware : nullptr, document);
    if (options.json) {
        deliver(options, document.dump(1) + "\n");
    } else if (options.csv) {
        deliver(options, row_table(runs, rows, TableUse::Program).csv());
    } else {
        deliver(options, fmt::format("{}, batch {}: {} on {} targets (baseline of each: {})\n\n{}",
                                     made.steps[1].network, made.steps[1].batch, arguments.recipe,
                                     runs.size(), arguments.baseline, targets_text(runs, rows)));
    }
    return 0;
}

}  // namespace satsim::host
