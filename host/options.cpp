#include "host/options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>

#include "host/file_types.hpp"
#include "host/inputs.hpp"
#include "host/range.hpp"
#include "runtime/hardware/buildable.hpp"
#include "runtime/support/atomic_file.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {
namespace {

using Choice = schedule::ScheduleOptions::DataflowChoice;

}  // namespace

void Options::add_models(CLI::App& command) {
    command.add_option("--models", models_folder,
                       "folder of networks, recipes and hardware (default: beside the program)");
}

void Options::add_hardware(CLI::App& command) {
    command.add_option("--hardware", hardware_name, "hardware file, or the name of one in models/hardware")
        ->type_name(file_type::kHardware)
        ->capture_default_str();
    command.add_option("--channels", channels, "memory channels, instead of the hardware file's: 1, 2 or 4");
    command.add_option("--memory", memory, "ideal: every line one cycle after its request")
        ->check(CLI::IsMember({"hardware", "ideal", "ddr4"}))
        ->capture_default_str();
}

void Options::add_schedule(CLI::App& command) {
    command
        .add_option(
            "--dataflow", dataflow,
            "output-stationary, weight-stationary (FF and BP; WU stays os), or the better one per task")
        ->check(CLI::IsMember({"os", "ws", "auto"}))
        ->capture_default_str();
    command.add_flag("--no-interleave", no_interleave,
                     "one output a processing element at a time (ablation)");
    command.add_flag("--no-pregeneration", no_pregeneration,
                     "pack weights before every FF and BP instead of once after the update (ablation)");
}

void Options::add_simulation(CLI::App& command) {
    command.add_option("--fidelity", fidelity, "cycle: simulated; fast: predicted by following the program")
        ->check(CLI::IsMember({"cycle", "fast"}))
        ->capture_default_str();
    command.add_option("--stall-seed", stall_seed, "random memory stalls from this seed (0: none)");
    command.add_flag(
        "--no-skip", no_skip,
        "simulate every cycle of every task, for a proof that leaving out what repeats changes nothing");
    command.add_option("--workers", workers, "processes that simulate")
        ->check(range(1, 256))
        ->capture_default_str();
}

void Options::add_batch_size(CLI::App& command) {
    command.add_option("--batch", batch, "samples a step (default: the recipe's, else the network's)")
        ->check(range(std::int64_t{1}, std::int64_t{1} << 20));
}

void Options::add_batch(CLI::App& command) {
    add_batch_size(command);
    command.add_option("--set", parameters, "NAME=VALUE: a parameter of the network, instead of its file's")
        ->allow_extra_args(false);
    command
        .add_option("--sample", sample,
                    "what a sample holds: FILE.jsonl of documents, or PROFILE[:SEED] of models/corpora "
                    "(docs/formats/samples.md)")
        ->type_name(file_type::kSample);
}

void Options::add_format(CLI::App& command, const std::string& page) {
    CLI::Option* as_json = command.add_flag("--json", json, "one JSON object, docs/" + page);
    command.add_flag("--csv", csv, "comma-separated values")->excludes(as_json);
    add_output(command, output);
}

CLI::Option* add_output(CLI::App& command, std::string& file) {
    return command.add_option("-o,--output", file, "write to this file, whole or not at all")
        ->type_name(file_type::kOutput);
}

std::filesystem::path Options::models() const {
    return find_models(models_folder);
}

Hardware Options::hardware() const {
    Hardware hardware = find_hardware(hardware_name, models_folder);
    if (channels != 0) hardware = with_channels(std::move(hardware), channels, "--channels");
    if (memory == "ideal") hardware.memory_kind = dram::MemoryKind::Ideal;
    if (memory == "ddr4") hardware.memory_kind = dram::MemoryKind::Ddr4;
    if (const std::string fault = unbuildable(hardware.array); !fault.empty())
        fmt::print(stderr, "satsim: note: {}: the RTL cannot be built so: {}\n", hardware.name, fault);
    return hardware;
}

schedule::ScheduleOptions Options::schedule_options() const {
    schedule::ScheduleOptions options;
    if (dataflow == "os") options.dataflow = Choice::OutputStationary;
    if (dataflow == "ws") options.dataflow = Choice::WeightStationary;
    options.interleave = !no_interleave;
    options.pregeneration = !no_pregeneration;
    return options;
}

sat::SatSettings Options::sat_settings(const Hardware& hardware) const {
    sat::SatSettings settings;
    settings.simulation.hardware = hardware;
    settings.simulation.options = schedule_options();
    settings.simulation.fidelity = fidelity == "fast" ? sat::Fidelity::Fast : sat::Fidelity::Cycle;
    settings.simulation.stall_seed = stall_seed;
    settings.workers = workers;
    settings.skip_equal = !no_skip;
    settings.simulation.skip_periods = !no_skip;
    return settings;
}

std::optional<std::int64_t> Options::batch_override() const {
    return batch == 0 ? std::nullopt : std::optional<std::int64_t>(batch);
}

NetworkOptions Options::network_options() const {
    NetworkOptions network;
    for (const std::string& text : parameters) {
        const std::size_t equals = text.find('=');
        std::int64_t value = 0;
        const char* const end = text.data() + text.size();
        const char* const begin = equals == std::string::npos ? end : text.data() + equals + 1;
        const auto [next, fault] = std::from_chars(begin, end, value);
        if (equals == 0 || fault != std::errc{} || next != end)
            throw InputError("--set " + text, "", "expected NAME=VALUE with a whole number");
        network.parameters[text.substr(0, equals)] = value;
    }
    return network;
}

void deliver(const Options& options, const std::string& text) {
    if (!options.output.empty()) {
        write_file_atomically(options.output, text);
        return;
    }
    fmt::print("{}", text);
    if (std::fflush(stdout) != 0) throw InputError("standard output", "", "cannot be written");
}

}  // namespace satsim::host
