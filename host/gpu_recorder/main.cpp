// satsim-gpu: measures training steps on a GPU and writes recordings. The part of satsim that a machine needs
// which has CUDA and little else (docs/architecture/gpu.md): `satsim run --target gpu --record` does the same
// where all is there.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "host/parse_arguments.hpp"
#include "runtime/gpu_record/module.hpp"
#include "runtime/gpu_record/record_target.hpp"
#include "runtime/support/atomic_file.hpp"
#include "runtime/support/error.hpp"
#include "runtime/workload/training_step.hpp"

namespace {

using namespace satsim;
namespace fs = std::filesystem;

struct Arguments {
    std::vector<std::string> networks;
    std::vector<std::string> recipes{"dense", "bdwp-2:8"};
    std::string models = "models";
    std::string output = ".";
    std::int64_t batch = 0;
    double seconds = 0;
    gpu::MeterSettings settings;
};

// The steps of a network, one a recipe.
std::vector<TrainingStep> steps_of(const Arguments& arguments, const std::string& name) {
    const fs::path file =
        fs::exists(name) ? fs::path(name) : fs::path(arguments.models) / "networks" / (name + ".json");
    const Network network = load_network(file);
    const std::optional<std::int64_t> batch =
        arguments.batch > 0 ? std::optional(arguments.batch) : std::nullopt;
    std::vector<TrainingStep> steps;
    for (const std::string& recipe : arguments.recipes)
        steps.push_back(make_training_step(network, load_recipe(recipe, arguments.models), batch));
    return steps;
}

void record_steps(const Arguments& arguments, const std::vector<TrainingStep>& steps, gpu::Meter& meter,
                  gpu::TimeBudget& budget, gpu::Recording& known) {
    gpu::Recording recording;
    recording.device = known.device;
    for (const TrainingStep& step : steps) {
        gpu::measure_missing(step.tasks, meter, known, budget, {});
        recording.steps.push_back({step.network, step.recipe, step.batch});
        gpu::RecordTarget target("gpu", known, Provenance::Measured);
        double seconds = 0;
        for (const TaskResult& task : run_counted(target, step.tasks, {})) seconds += task.seconds;
        gpu::copy_measurements(step.tasks, known, recording);
        fmt::print("{} {} batch {}: {:.3f} ms a step\n", step.network, step.recipe, step.batch,
                   seconds * 1e3);
        // After every recipe: what is measured is kept, should the time run out.
        write_file_atomically(fs::path(arguments.output) / (step.network + ".json"),
                              gpu::recording_json(recording));
    }
}

// Networks that could not be recorded.
int record(const Arguments& arguments) {
    const fs::path program = fs::read_symlink("/proc/self/exe").parent_path();
    (void)std::setvbuf(stdout, nullptr, _IOLBF,
                       0);  // a log that is read while it grows, or after it was cut short
    gpu::TimeBudget budget = arguments.seconds > 0 ? gpu::TimeBudget(arguments.seconds) : gpu::TimeBudget();
    const auto meter = gpu::open_meter(arguments.settings, {program});
    const gpu::MeasuredDevice device = meter->device();
    fmt::print("{}: {:.1f} TFLOP/s dense, copy {:.0f} GB/s, launch {:.2f} us; energy: {}\n", device.name,
               device.dense_flops * 1e-12, device.copy_bandwidth * 1e-9, device.launch_seconds * 1e6,
               device.energy_method);
    gpu::Recording known;  // of all networks: equal work is measured once
    known.device = device;
    int failed = 0;
    const auto tell = [&failed](const std::string& name, const InputError& error) {
        fmt::print(stderr, "satsim-gpu: {}: {}\n", name, error.what());
        ++failed;
    };
    // All are expected before the first is measured, so that time is kept for each.
    std::map<std::string, std::vector<TrainingStep>> steps;
    for (const std::string& name : arguments.networks) {
        try {
            steps[name] = steps_of(arguments, name);
            for (const TrainingStep& step : steps[name]) budget.expect(step.tasks, device, meter->kernels());
        } catch (const InputError& error) {  // the others are worth having
            steps.erase(name);
            tell(name, error);
        }
    }
    for (const std::string& name : arguments.networks) {
        const auto found = steps.find(name);
        if (found == steps.end()) continue;
        fmt::print("network {}\n", name);  // tools/gpu_suite/run.sh goes on behind it, should the device fail
        try {
            record_steps(arguments, found->second, *meter, budget, known);
            if (const std::string account = meter->account(); !account.empty())
                fmt::print("measuring so far: {}\n", account);
        } catch (const InputError& error) {
            tell(name, error);
        }
    }
    if (const std::string account = meter->account(); !account.empty())
        fmt::print("measuring took: {}\n", account);
    return failed;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    CLI::App program{
        "satsim-gpu: measures training steps on a GPU\nExample: satsim-gpu resnet18 vit-cifar -o traces",
        "satsim-gpu"};
    program.add_option("networks", arguments.networks, "network files, or names of them in MODELS/networks")
        ->required();
    program.add_option("--recipe", arguments.recipes, "all of these in one recording")->capture_default_str();
    program.add_option("--models", arguments.models, "folder of networks and recipes")->capture_default_str();
    program.add_option("--batch", arguments.batch, "samples a step (default: the network's)");
    program.add_option("--repetitions", arguments.settings.repetitions)->capture_default_str();
    program
        .add_option("--energy-window", arguments.settings.energy_window_s,
                    "s of each piece of work; 0: no energy")
        ->capture_default_str();
    program
        .add_option(
            "--seconds", arguments.seconds,
            "of all: energy is read of the work that weighs most, as far as the time allows (default: "
            "no limit)")
        ->check(CLI::PositiveNumber);
    program.add_option("-o,--output", arguments.output, "folder that gets NETWORK.json")
        ->capture_default_str();
    if (const auto code = host::parse_arguments(program, argc, argv)) return *code;
    try {
        return record(arguments) == 0 ? 0 : 1;
    } catch (const InputError& error) {
        fmt::print(stderr, "satsim-gpu: {}\n", error.what());
        return host::kBadInput;
    } catch (const std::exception& error) {
        fmt::print(stderr, "satsim-gpu: internal fault: {}\n", error.what());
        return 70;
    }
}
