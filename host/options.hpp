// Options that several subcommands share, and what they mean for the libraries.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "runtime/hardware/hardware.hpp"
#include "runtime/workload/network.hpp"
#include "sim/target/sat_target.hpp"

namespace satsim::host {

// What --trace keeps of a task: its operations one by one up to this many, else this many busy intervals an
// engine. --report keeps intervals alone.
inline constexpr std::int64_t kTraceOperations = 400;
inline constexpr std::size_t kTraceIntervals = 48;

// What to record of a run for a trace, for a report, for both or neither.
[[nodiscard]] inline sat::Recording recording_of(bool trace, bool report) {
    return {trace ? kTraceOperations : 0, trace || report ? kTraceIntervals : 0};
}

struct Options {
    // where
    std::string models_folder;  // empty: beside the program
    std::string hardware_name = "vcu1525-sat32";
    // what
    std::int64_t batch = 0;               // 0: the recipe's, else the network's
    std::vector<std::string> parameters;  // of the network: "name=value"
    std::string sample;                   // documents or corpus; empty: the network's
    std::string fidelity = "cycle";
    std::string dataflow = "auto";
    std::string memory = "hardware";
    int channels = 0;  // 0: the hardware file's
    bool no_interleave = false;
    bool no_pregeneration = false;
    std::uint64_t stall_seed = 0;
    int workers = 2;
    bool no_skip = false;
    // how it looks
    bool json = false;
    bool csv = false;
    std::string output;  // file; empty: standard output

    void add_models(CLI::App& command);      // --models
    void add_hardware(CLI::App& command);    // --hardware, --channels, --memory
    void add_schedule(CLI::App& command);    // --dataflow, --no-interleave, --no-pregeneration
    void add_simulation(CLI::App& command);  // --fidelity, --stall-seed, --no-skip, --workers
    void add_batch_size(CLI::App& command);  // --batch
    void add_batch(CLI::App& command);       // --batch, --set, --sample
    // --json, --csv, -o; `page` of docs/ describes the JSON.
    void add_format(CLI::App& command, const std::string& page);

    [[nodiscard]] std::filesystem::path models() const;  // throws InputError when there is none
    [[nodiscard]] Hardware hardware() const;
    [[nodiscard]] schedule::ScheduleOptions schedule_options() const;
    [[nodiscard]] sat::SatSettings sat_settings(const Hardware& hardware) const;
    [[nodiscard]] std::optional<std::int64_t> batch_override() const;
    [[nodiscard]] NetworkOptions network_options() const;
};

// -o.
CLI::Option* add_output(CLI::App& command, std::string& file);

// Writes `text` to the chosen file, whole or not at all, or to standard output.
void deliver(const Options& options, const std::string& text);

}  // namespace satsim::host
