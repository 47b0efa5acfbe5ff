// satsim gpu list | show: the GPU device files that predictions are made from.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "host/commands.hpp"
#include "host/inputs.hpp"
#include "host/options.hpp"
#include "host/table.hpp"

namespace satsim::host {
namespace {

struct Arguments {
    Options options;
    std::string device;
};

nlohmann::ordered_json device_json(const gpu::Device& device) {
    nlohmann::ordered_json object = {{"name", device.name},
                                     {"description", device.description},
                                     {"architecture", device.architecture},
                                     {"sparse_tensor_cores", device.has_sparse_tensor_cores()},
                                     {"tiles_source", device.kernels.tiles_source}};
    for (const gpu::Tile& tile : device.kernels.tiles)
        object["tiles"].push_back({{"m", tile.m}, {"n", tile.n}});
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
    deliver(options, fmt::format("{}: {}, {}\ntiles:{} ({})\n\n{}", d.name, d.description, d.architecture,
                                 tiles, d.kernels.tiles_source, table.text()));
    return 0;
}

}  // namespace

void add_gpu(CLI::App& program, Action& action) {
    CLI::App* gpu = program.add_subcommand("gpu", "GPU device files: what predictions are made from");
    gpu->footer("Example: satsim gpu show h100");
    gpu->require_subcommand(1);
    auto listed = std::make_shared<Arguments>();
    CLI::App* list_command = gpu->add_subcommand("list", "GPU device files in the models folder");
    list_command->footer("Example: satsim gpu list --json");
    listed->options.add_models(*list_command);
    listed->options.add_format(*list_command, "gpu.md");
    list_command->callback([listed, &action] { action = [listed] { return list(listed->options); }; });

    auto shown = std::make_shared<Arguments>();
    CLI::App* show_command = gpu->add_subcommand("show", "figures and their sources");
    show_command->footer("Example: satsim gpu show a100 --json");
    show_command->add_option("device", shown->device, "device file, or the name of one in models/gpus")
        ->required();
    shown->options.add_models(*show_command);
    shown->options.add_format(*show_command, "gpu.md");
    show_command->callback([shown, &action] { action = [shown] { return show(*shown); }; });
}

}  // namespace satsim::host
