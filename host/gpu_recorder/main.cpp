// satsim-gpu: measures training steps on a GPU and writes recordings. The part of satsim that a machine needs
// which has CUDA and little else (docs/architecture/gpu.md): `satsim run --target gpu --record` does the same
// where all is there.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

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
    gpu::MeterSettings settings;
};

void record_network(const Arguments& arguments, const std::string& name, gpu::Meter& meter,
                    const gpu::MeasuredDevice& device, gpu::Recording& known) {
    const fs::path file =
        fs::exists(name) ? fs::path(name) : fs::path(arguments.models) / "networks" / (name + ".json");
    const Network network = load_network(file);
    gpu::Recording recording;
    recording.device = device;
    for (const std::string& recipe : arguments.recipes) {
        const std::optional<std::int64_t> batch =
            arguments.batch > 0 ? std::optional(arguments.batch) : std::nullopt;
        const TrainingStep step = make_training_step(network, load_recipe(recipe, arguments.models), batch);
        gpu::require_room(step.tasks, device);
        gpu::measure_missing(step.tasks, meter, known, {});
        recording.steps.push_back({step.network, step.recipe, step.batch});
        gpu::RecordTarget target("gpu", known, Provenance::Measured);
        double seconds = 0;
        for (const TaskResult& task : run_counted(target, step.tasks, {})) seconds += task.seconds;
        gpu::copy_measurements(step.tasks, known, recording);
        fmt::print("{} {} batch {}: {:.3f} ms a step\n", step.network, step.recipe, step.batch,
                   seconds * 1e3);
        // After every recipe: what is measured is kept, should the time run out.
        write_file_atomically(fs::path(arguments.output) / (network.name + ".json"),
                              gpu::recording_json(recording));
    }
}

// Networks that could not be recorded.
int record(const Arguments& arguments) {
    const fs::path program = fs::read_symlink("/proc/self/exe").parent_path();
    (void)std::setvbuf(stdout, nullptr, _IOLBF,
                       0);  // a log that is read while it grows, or after it was cut short
    const auto meter = gpu::open_meter(arguments.settings, {program});
    const gpu::MeasuredDevice device = meter->device();
    fmt::print("{}: {:.1f} TFLOP/s dense, copy {:.0f} GB/s, launch {:.2f} us; energy: {}\n", device.name,
               device.dense_flops * 1e-12, device.copy_bandwidth * 1e-9, device.launch_seconds * 1e6,
               device.energy_method);
    gpu::Recording known;  // of all networks: equal work is measured once
    known.device = device;
    int failed = 0;
    for (const std::string& name : arguments.networks) {
        try {
            record_network(arguments, name, *meter, device, known);
            if (const std::string account = meter->account(); !account.empty())
                fmt::print("measuring so far: {}\n", account);
        } catch (const InputError& error) {  // the others are worth having
            fmt::print(stderr, "satsim-gpu: {}: {}\n", name, error.what());
            ++failed;
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
