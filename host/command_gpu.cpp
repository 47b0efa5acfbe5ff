// satsim gpu list | show | fit: the GPU device files that predictions are made from, and how well they
// predict.
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "host/commands.hpp"
#include "host/file_types.hpp"
#include "host/inputs.hpp"
#include "host/options.hpp"
#include "host/table.hpp"
#include "runtime/gpu_record/fit.hpp"
#include "runtime/support/atomic_file.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {
namespace {

struct Arguments {
    Options options;
    std::string device;
    std::vector<std::string> recordings;
    std::string fitted_file;  // empty: not written
};

nlohmann::ordered_json device_json(const gpu::Device& device) {
    nlohmann::ordered_json object = {{"name", device.name},
                                     {"description", device.description},
                                     {"architecture", device.architecture},
                                     {"sparse_tensor_cores", device.has_sparse_tensor_cores()},
                                     {"tiles_source", device.kernels.tiles_source}};
    for (const gpu::Tile& tile : device.kernels.tiles)
        object["tiles"].push_back({{"m", tile.m}, {"n", tile.n}});
    if (device.kernels.timing) {
        object["timing"] = gpu::to_string(*device.kernels.timing);
        object["timing_source"] = device.kernels.timing_source;
    }
    for (const gpu::NamedFigure& f : gpu::figures(device))
        object["figures"][f.name] = {{"value", f.figure->value},
                                     {"unit", f.figure->unit},
                                     {"source", f.figure->source},
                                     {"verified", f.figure->verified}};
    return object;
}

int list(const Options& options) {
    Table table({"<GPU", "<architecture", "SMs", "dense FP16", "2:4 FP16", "FP32", "memory", "bandwidth",
                 "board", "unverified figures"});
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    const auto tera = [](const Figure& rate) { return fmt::format("{:.1f} TFLOP/s", rate.value / 1e12); };
    for (const std::filesystem::path& file : gpu_files(options.models())) {
        const gpu::Device d = gpu::load_device(file);
        const std::vector<gpu::NamedFigure> figures = gpu::figures(d);
        std::size_t unverified = 0;
        for (const gpu::NamedFigure& f : figures) unverified += f.figure->verified ? 0 : 1;
        table.row({file.stem().string(), d.architecture, fmt::format("{:.0f}", d.compute.sm_count.value),
                   tera(d.compute.tensor_dense),
                   d.has_sparse_tensor_cores() ? tera(d.compute.tensor_sparse) : "-", tera(d.compute.fp32),
                   byte_text(static_cast<std::int64_t>(d.memory.capacity.value)),
                   fmt::format("{:.0f} GB/s", d.memory.bandwidth.value / 1e9),
                   fmt::format("{:.0f} W", d.power.board.value),
                   fmt::format("{} of {}", unverified, figures.size())});
        all.push_back(device_json(d));
    }
    deliver(options, options.json ? all.dump(1) + "\n" : options.csv ? table.csv() : table.text());
    return 0;
}

int show(const Arguments& arguments) {
    const Options& options = arguments.options;
    const gpu::Device d = find_gpu(arguments.device, options.models_folder);
    if (options.json) {
        deliver(options, device_json(d).dump(1) + "\n");
        return 0;
    }
    Table table({"<figure", "value", "<unit", "<verified", "<source"});
    for (const gpu::NamedFigure& f : gpu::figures(d))
        table.row({f.name, fmt::format("{:g}", f.figure->value), f.figure->unit,
                   f.figure->verified ? "yes" : "no", f.figure->source});
    if (options.csv) {
        deliver(options, table.csv());
        return 0;
    }
    std::string tiles;
    for (const gpu::Tile& tile : d.kernels.tiles) tiles += fmt::format(" {}x{}", tile.m, tile.n);
    const std::string timing = d.kernels.timing
                                   ? fmt::format("fitted to times of {} ({})\n",
                                                 gpu::timing_text(*d.kernels.timing), d.kernels.timing_source)
                                   : "";
    deliver(options, fmt::format("{}: {}, {}\ntiles:{} ({})\n{}\n{}", d.name, d.description, d.architecture,
                                 tiles, d.kernels.tiles_source, timing, table.text()));
    return 0;
}

Table error_table(const std::string& of, const std::vector<gpu::PredictionError>& all_before,
                  const std::vector<gpu::PredictionError>& all_after) {
    Table table({"<held out, " + of, "works", "median error, device file", "90th percentile",
                 "median error, fitted", "90th percentile"});
    const auto percent = [](double share) { return fmt::format("{:.1f} %", 100 * share); };
    for (std::size_t i = 0; i < all_after.size(); ++i) {
        const gpu::PredictionError& before = all_before[i];
        const gpu::PredictionError& after = all_after[i];
        table.row({after.kind, std::to_string(after.works), percent(before.median),
                   percent(before.percentile_90), percent(after.median), percent(after.percentile_90)});
    }
    return table;
}

nlohmann::ordered_json errors_json(const std::vector<gpu::PredictionError>& errors) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const gpu::PredictionError& e : errors)
        list.push_back(
            {{"kind", e.kind}, {"works", e.works}, {"median", e.median}, {"percentile_90", e.percentile_90}});
    return list;
}

// What a fitted figure's source says of the recordings: their device, day and files.
std::string recordings_text(const gpu::Recording& merged, const std::vector<std::string>& files) {
    std::string names;
    for (const std::string& file : files)
        names += (names.empty() ? "" : ", ") + std::filesystem::path(file).filename().string();
    return fmt::format("{} ({}, {})", names, merged.device.name, merged.device.date.substr(0, 10));
}

nlohmann::ordered_json fit_json(const gpu::Device& device, const gpu::Recording& merged,
                                const std::vector<std::string>& files, const gpu::Fit& found) {
    nlohmann::ordered_json object = {{"device", device.name},
                                     {"recordings", files},
                                     {"recorded_on", merged.device.name},
                                     {"works", found.works},
                                     {"fitted", found.fitted},
                                     {"before", errors_json(found.before)},
                                     {"after", errors_json(found.after)},
                                     {"energy_before", errors_json(found.energy_before)},
                                     {"energy_after", errors_json(found.energy_after)}};
    for (const gpu::FittedFigure& f : found.figures)
        object["figures"][f.name] = {
            {"device_file", f.before}, {"fitted", f.figure.value}, {"unit", f.figure.unit}};
    return object;
}

// Refuses recordings of another device. Names do not match (h100, "NVIDIA H100 80GB HBM3"), and an H200 is an
// H100 but for its memory.
void require_recorded_on(const gpu::Device& device, const gpu::Recording& merged) {
    constexpr double kShare = 0.1;  // a driver shows less than the memory's nominal size
    const auto refuse = [&](const char* field, const std::string& found, const std::string& expected) {
        throw InputError(merged.file, field,
                         fmt::format("is {}: {} is not the device of {}, expected one with {}", found,
                                     merged.device.name, device.name, expected));
    };
    if (merged.device.sm_count != static_cast<int>(device.compute.sm_count.value))
        refuse("/device/sm_count", std::to_string(merged.device.sm_count),
               fmt::format("{:.0f} multiprocessors", device.compute.sm_count.value));
    const double capacity = device.memory.capacity.value;
    if (std::abs(static_cast<double>(merged.device.memory_bytes) - capacity) > kShare * capacity)
        refuse("/device/memory_bytes", std::to_string(merged.device.memory_bytes),
               fmt::format("{:.0f} bytes within {:.0f} %", capacity, 100 * kShare));
}

int fit_recordings(const Arguments& arguments) {
    const Options& options = arguments.options;
    const gpu::Device device = find_gpu(arguments.device, options.models_folder);
    std::vector<gpu::Recording> recordings;
    for (const std::string& file : arguments.recordings) recordings.push_back(gpu::load_recording(file));
    const gpu::Recording merged = gpu::merge(recordings);
    require_recorded_on(device, merged);
    const std::string source = recordings_text(merged, arguments.recordings);
    const gpu::Fit found = gpu::fit(device, merged, source);
    if (!arguments.fitted_file.empty())
        write_file_atomically(arguments.fitted_file, gpu::fitted_file(device.file, found));
    if (options.json) {
        deliver(options, fit_json(device, merged, arguments.recordings, found).dump(1) + "\n");
        return 0;
    }
    if (options.csv) {
        deliver(options, error_table("time", found.before, found.after).csv());
        return 0;
    }
    Table figures({"<figure", "device file", "fitted", "<unit"});
    for (const gpu::FittedFigure& f : found.figures)
        figures.row(
            {f.name, fmt::format("{:g}", f.before), fmt::format("{:g}", f.figure.value), f.figure.unit});
    std::string text =
        fmt::format("{} fitted to {} of {} pieces of work of {}; the others are held out\n\n{}\n{}",
                    device.name, found.fitted, found.works, source, figures.text(),
                    error_table("time", found.before, found.after).text());
    if (!found.energy_after.empty())
        text += "\n" + error_table("energy", found.energy_before, found.energy_after).text();
    deliver(options, text);
    return 0;
}

}  // namespace

void add_gpu(CLI::App& program, Action& action) {
    CLI::App* gpu = program.add_subcommand(
        "gpu", "GPU device files: what predictions are made from, and how good they are");
    gpu->footer("Example: satsim gpu show h100");
    gpu->require_subcommand(1);
    auto listed = std::make_shared<Arguments>();
    CLI::App* list_command = gpu->add_subcommand("list", "GPU device files in the models folder");
    list_command->footer("Example: satsim gpu list --json");
    listed->options.add_models(*list_command);
    listed->options.add_format(*list_command, "formats/gpu.md");
    list_command->callback([listed, &action] { action = [listed] { return list(listed->options); }; });

    auto shown = std::make_shared<Arguments>();
    CLI::App* show_command = gpu->add_subcommand("show", "figures and their sources");
    show_command->footer("Example: satsim gpu show a100 --json");
    show_command->add_option("device", shown->device, "device file, or the name of one in models/gpus")
        ->type_name(file_type::kGpu)
        ->required();
    shown->options.add_models(*show_command);
    shown->options.add_format(*show_command, "formats/gpu.md");
    show_command->callback([shown, &action] { action = [shown] { return show(*shown); }; });

    auto fitted = std::make_shared<Arguments>();
    CLI::App* fit_command = gpu->add_subcommand(
        "fit", "kernels' figures fitted to recordings, and the error on the half of the work left out");
    fit_command->footer("Example: satsim gpu fit h100 models/traces/h100-sxm/*.json --write fitted.json");
    fit_command->add_option("device", fitted->device, "device file, or the name of one in models/gpus")
        ->type_name(file_type::kGpu)
        ->required();
    fit_command
        ->add_option("recordings", fitted->recordings,
                     "files that satsim run --target gpu --record wrote, all on one device")
        ->type_name(file_type::kFile)
        ->required();
    fit_command
        ->add_option("--write", fitted->fitted_file,
                     "write the device file with the fitted figures to this file, which may be the device's "
                     "own; for gpu-model:FILE")
        ->type_name(file_type::kUpdatedGpu);
    fitted->options.add_models(*fit_command);
    fitted->options.add_format(*fit_command, "formats/gpu-recording.md");
    fit_command->callback([fitted, &action] { action = [fitted] { return fit_recordings(*fitted); }; });
}

}  // namespace satsim::host
