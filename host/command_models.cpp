// satsim models list | show | import | weights: the networks that come with satsim, or any network file.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "host/commands.hpp"
#include "host/inputs.hpp"
#include "host/onnx/import.hpp"
#include "host/options.hpp"
#include "host/table.hpp"
#include "host/weight_report.hpp"

namespace satsim::host {
namespace {

struct Arguments {
    Options options;
    std::string network;
};

std::string shape_text(const TensorShape& shape) {
    return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

int list(const Options& options) {
    Table table({"<network", "input", "layers", "parameters", "forward MACs", "batch"});
    nlohmann::ordered_json networks = nlohmann::ordered_json::array();
    for (const std::filesystem::path& file : network_files(options.models())) {
        const Network network = load_network(file);
        table.row({file.stem().string(), shape_text(network.input), std::to_string(network.layers.size()),
                   grouped(network.parameters()), grouped(network.forward_macs()),
                   std::to_string(network.batch)});
        networks.push_back({{"name", file.stem().string()},
                            {"file", file.string()},
                            {"parameters", network.parameters()},
                            {"forward_macs_per_sample", network.forward_macs()},
                            {"batch", network.batch}});
    }
    deliver(options, options.json ? networks.dump(1) + "\n" : options.csv ? table.csv() : table.text());
    return 0;
}

int show(const Arguments& arguments) {
    const Options& options = arguments.options;
    const Network network = find_network(arguments.network, options.models_folder);
    const std::int64_t batch = options.batch_override().value_or(network.batch);
    const nlohmann::json object = describe(network, batch);
    if (options.json) {
        deliver(options, object.dump(1) + "\n");
        return 0;
    }
    Table table({"<layer", "<kind", "output", "parameters", "FF MACs", "BP MACs", "WU MACs"});
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const Layer& layer = network.layers[i];
        const nlohmann::json& macs = object.at("layers").at(i).at("macs");
        const auto count = [&macs](const char* stage) { return grouped(macs.at(stage).get<std::int64_t>()); };
        table.row({layer.name, to_string(layer.kind), shape_text(layer.out), grouped(layer.parameters()),
                   count("FF"), count("BP"), count("WU")});
    }
    if (options.csv) {
        deliver(options, table.csv());
        return 0;
    }
    deliver(options,
            fmt::format("{} (batch {}), MACs per sample\n\n{}\nparameters {}   forward MACs per sample {}   "
                        "activations kept for the backward pass {}\n",
                        network.name, batch, table.text(), grouped(network.parameters()),
                        grouped(network.forward_macs()), byte_text(network.activation_bytes(batch))));
    return 0;
}

}  // namespace

void add_models(CLI::App& program, Action& action) {
    CLI::App* models = program.add_subcommand("models", "networks and what they consist of");
    models->footer("Example: satsim models show resnet18");
    models->require_subcommand(1);
    auto listed = std::make_shared<Arguments>();
    CLI::App* list_command = models->add_subcommand("list", "networks in the models folder");
    list_command->footer("Example: satsim models list --json");
    listed->options.add_models(*list_command);
    listed->options.add_format(*list_command, "formats/compare.md");
    list_command->callback([listed, &action] { action = [listed] { return list(listed->options); }; });

    auto shown = std::make_shared<Arguments>();
    CLI::App* show_command =
        models->add_subcommand("show", "layers, shapes, parameters and MACs of a network");
    show_command->footer("Example: satsim models show resnet50 --batch 32 --json");
    show_command->add_option("network", shown->network, "network file, or the name of one in models/networks")
        ->required();
    shown->options.add_models(*show_command);
    shown->options.add_batch(*show_command);
    shown->options.add_format(*show_command, "formats/compare.md");
    show_command->callback([shown, &action] { action = [shown] { return show(*shown); }; });
    add_import(*models, action);
    add_weights(*models, action);
}

}  // namespace satsim::host
