// satsim hardware list | show | check: the machines that come with satsim, or any hardware file.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "host/commands.hpp"
#include "host/file_types.hpp"
#include "host/inputs.hpp"
#include "host/options.hpp"
#include "host/table.hpp"
#include "runtime/hardware/buildable.hpp"
#include "runtime/isa/program_fields.hpp"

namespace satsim::host {
namespace {

struct Arguments {
    Options options;
    std::string hardware;
};

double peak_flops(const Hardware& hardware) {
    return 2.0 * static_cast<double>(hardware.peak_macs()) * hardware.clock_hz;
}

// Of the port: a line a cycle. The memory's own limits (rows, refresh) come on top.
double port_bandwidth(const Hardware& hardware) {
    return hardware.array.line_bytes() * hardware.clock_hz;
}

nlohmann::ordered_json figure_json(const Figure& figure) {
    return {{"value", figure.value},
            {"unit", figure.unit},
            {"source", figure.source},
            {"verified", figure.verified}};
}

struct NamedFigure {
    const char* name;
    const Figure* figure;
};

std::vector<NamedFigure> figures(const Hardware& h) {
    std::vector<NamedFigure> list{{"memory capacity, one channel", &h.memory_capacity},
                                  {"memory cl", &h.times.cl},
                                  {"memory rcd", &h.times.rcd},
                                  {"memory rp", &h.times.rp},
                                  {"memory ras", &h.times.ras},
                                  {"memory wr", &h.times.wr},
                                  {"memory wtr", &h.times.wtr},
                                  {"memory rtw", &h.times.rtw},
                                  {"memory refi", &h.times.refi},
                                  {"memory rfc", &h.times.rfc},
                                  {"memory ctrl", &h.times.ctrl},
                                  {"memory phy", &h.times.phy},
                                  {"PCIe bandwidth", &h.host.pcie_bandwidth},
                                  {"PCIe latency", &h.host.pcie_latency},
                                  {"host memory bandwidth", &h.host.memory_bandwidth},
                                  {"host arithmetic rate", &h.host.arithmetic_rate},
                                  {"energy fp16_multiply", &h.events.fp16_multiply},
                                  {"energy fp32_add", &h.events.fp32_add},
                                  {"energy vector_operation", &h.events.vector_operation},
                                  {"energy west_read", &h.events.west_read},
                                  {"energy north_read", &h.events.north_read},
                                  {"energy result_access", &h.events.result_access},
                                  {"energy onchip_write", &h.events.onchip_write},
                                  {"energy vmem_access", &h.events.vmem_access},
                                  {"energy cmem_access", &h.events.cmem_access},
                                  {"energy ddr4_activate", &h.events.ddr4_activate},
                                  {"energy ddr4_read", &h.events.ddr4_read},
                                  {"energy ddr4_write", &h.events.ddr4_write},
                                  {"energy ddr4_io", &h.events.ddr4_io},
                                  {"energy ddr4_refresh", &h.events.ddr4_refresh},
                                  {"energy axi_beat", &h.events.axi_beat},
                                  {"energy pcie_byte", &h.events.pcie_byte},
                                  {"power accelerator_static", &h.power.accelerator_static},
                                  {"power ddr4_background", &h.power.ddr4_background},
                                  {"power host_busy", &h.power.host_busy}};
    if (h.host.memory_capacity.value > 0) list.push_back({"host memory capacity", &h.host.memory_capacity});
    return list;
}

nlohmann::ordered_json hardware_json(const Hardware& hardware) {
    nlohmann::ordered_json object = {{"name", hardware.name},
                                     {"description", hardware.description},
                                     {"clock_hz", hardware.clock_hz},
                                     {"peak_flops_dense", peak_flops(hardware)},
                                     {"memory_kind", to_string(hardware.memory_kind)},
                                     {"memory_bytes", hardware.capacity_bytes()},
                                     {"port_bytes_per_s", port_bandwidth(hardware)},
                                     {"energy_model", hardware.energy_model},
                                     {"unbuildable", unbuildable(hardware.array)}};
    for (const auto& [name, value] : isa::config_fields(hardware.array))
        object["array"][std::string(name)] = *value;
    for (const NamedFigure& f : figures(hardware)) object["figures"][f.name] = figure_json(*f.figure);
    return object;
}

int list(const Options& options) {
    Table table({"<hardware", "array", "M", "clock", "peak", "memory", "channels", "port"});
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const std::filesystem::path& file : hardware_files(options.models())) {
        const Hardware h = load_hardware(file);
        table.row({file.stem().string(), fmt::format("{}x{}", h.array.rows, h.array.columns),
                   std::to_string(h.array.max_m), fmt::format("{:.0f} MHz", h.clock_hz / 1e6),
                   fmt::format("{:.1f} GFLOP/s", peak_flops(h) / 1e9),
                   std::string(to_string(h.memory_kind)) + " " + byte_text(h.capacity_bytes()),
                   std::to_string(h.array.channels), fmt::format("{:.1f} GB/s", port_bandwidth(h) / 1e9)});
        all.push_back(hardware_json(h));
    }
    deliver(options, options.json ? all.dump(1) + "\n" : options.csv ? table.csv() : table.text());
    return 0;
}

int show(const Arguments& arguments) {
    const Options& options = arguments.options;
    const Hardware h = find_hardware(arguments.hardware, options.models_folder);
    if (options.json) {
        deliver(options, hardware_json(h).dump(1) + "\n");
        return 0;
    }
    Table array({"<size", "value"});
    for (const auto& [name, value] : isa::config_fields(h.array))
        array.row({std::string(name), grouped(*value)});
    Table table({"<figure", "value", "<unit", "<verified", "<source"});
    for (const NamedFigure& f : figures(h))
        table.row({f.name, fmt::format("{:g}", f.figure->value), f.figure->unit,
                   f.figure->verified ? "yes" : "no", f.figure->source});
    if (options.csv) {
        deliver(options, table.csv());
        return 0;
    }
    const std::string fault = unbuildable(h.array);
    deliver(options,
            fmt::format(
                "{}: {}\n{:.0f} MHz, peak {:.1f} GFLOP/s dense, {} {}, port {:.1f} GB/s\n{}\n{}\n{}", h.name,
                h.description, h.clock_hz / 1e6, peak_flops(h) / 1e9, byte_text(h.capacity_bytes()),
                to_string(h.memory_kind), port_bandwidth(h) / 1e9,
                fault.empty() ? "the RTL can be built so\n" : "the RTL cannot be built so: " + fault + "\n",
                array.text(), table.text()));
    return 0;
}

// Reading is the check: what the schema says and what a schema cannot say. Then, whether the RTL can be
// built.
int check(const Arguments& arguments) {
    const Options& options = arguments.options;
    const Hardware h = find_hardware(arguments.hardware, options.models_folder);
    const std::string fault = unbuildable(h.array);
    std::size_t unverified = 0;
    for (const NamedFigure& f : figures(h)) unverified += f.figure->verified ? 0 : 1;
    if (options.json) {
        deliver(
            options,
            nlohmann::ordered_json{
                {"file", h.file}, {"valid", true}, {"unbuildable", fault}, {"unverified_figures", unverified}}
                    .dump(1) +
                "\n");
    } else {
        deliver(options,
                fmt::format(
                    "{}: valid, {} of {} figures not verified; {}\n", h.file, unverified, figures(h).size(),
                    fault.empty() ? "the RTL can be built so" : "the RTL cannot be built so: " + fault));
    }
    return fault.empty() ? 0 : 1;
}

}  // namespace

void add_hardware(CLI::App& program, Action& action) {
    CLI::App* hardware =
        program.add_subcommand("hardware", "hardware files: what they say, and whether they are sound");
    hardware->footer("Example: satsim hardware show vcu1525-sat32");
    hardware->require_subcommand(1);
    auto listed = std::make_shared<Arguments>();
    CLI::App* list_command = hardware->add_subcommand("list", "hardware files in the models folder");
    list_command->footer("Example: satsim hardware list --json");
    listed->options.add_models(*list_command);
    listed->options.add_format(*list_command, "formats/hardware.md");
    list_command->callback([listed, &action] { action = [listed] { return list(listed->options); }; });

    const auto add = [&](const char* name, const char* what, const char* example,
                         int (*command)(const Arguments&)) {
        auto arguments = std::make_shared<Arguments>();
        CLI::App* sub = hardware->add_subcommand(name, what);
        sub->footer(example);
        sub->add_option("hardware", arguments->hardware,
                        "hardware file, or the name of one in models/hardware")
            ->type_name(file_type::kHardware)
            ->required();
        arguments->options.add_models(*sub);
        arguments->options.add_format(*sub, "formats/hardware.md");
        sub->callback(
            [arguments, command, &action] { action = [arguments, command] { return command(*arguments); }; });
    };
    add("show", "sizes, figures and their sources", "Example: satsim hardware show vcu1525-sat32 --json",
        show);
    add("check",
        "reads a file as strictly as every command does, and says whether the RTL can be built so (else exit "
        "1)",
        "Example: satsim hardware check my-hardware.json", check);
}

}  // namespace satsim::host
