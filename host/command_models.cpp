// satsim models list | show | import | weights: the networks that come with satsim, or any network file.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "host/commands.hpp"
#include "host/file_types.hpp"
#include "host/inputs.hpp"
#include "host/module_tree_report.hpp"
#include "host/onnx/import.hpp"
#include "host/options.hpp"
#include "host/range.hpp"
#include "host/samples.hpp"
#include "host/table.hpp"
#include "host/weight_report.hpp"

namespace satsim::host {
namespace {

struct Arguments {
    Options options;
    std::string network;
    bool tree = false;
    int depth = 0;
    std::vector<std::string> stages;
};

std::string shape_text(const TensorShape& shape) {
    return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

// The shape of a network's one input; several are counted, --json lists them.
std::string inputs_text(const Network& network) {
    if (network.inputs.size() > 1) return fmt::format("{} inputs", network.inputs.size());
    const NetworkInput& input = network.inputs.front();
    const std::string shape = shape_text(input.shape);
    return input.items == 1 ? shape : fmt::format("{} of {}", input.items, shape);
}

nlohmann::ordered_json inputs_json(const Network& network) {
    nlohmann::ordered_json inputs = nlohmann::ordered_json::array();
    for (const NetworkInput& input : network.inputs)
        inputs.push_back({{"name", input.name},
                          {"items", input.items},
                          {"shape", {input.shape.channels, input.shape.height, input.shape.width}}});
    return inputs;
}

std::int64_t layers_of(const Network& network) {
    std::int64_t layers = 0;
    for (const Layer& layer : network.layers) layers += layer.repeat;
    return layers;
}

// Every file, and every parameter set of those that have some.
int list(const Options& options) {
    Table table({"<network", "input", "layers", "parameters", "forward MACs", "batch"});
    nlohmann::ordered_json networks = nlohmann::ordered_json::array();
    const auto add = [&](const std::filesystem::path& file, const std::string& set) {
        const Network network =
            find_sampled_network(set.empty() ? file.string() : file.string() + ":" + set, options);
        const std::string name = set.empty() ? file.stem().string() : set;
        table.row({name, inputs_text(network), std::to_string(layers_of(network)),
                   count_cell(network.parameters()), count_cell(network.forward_macs()),
                   std::to_string(network.batch)});
        networks.push_back({{"name", name},
                            {"file", file.string()},
                            {"set", set},
                            {"inputs", inputs_json(network)},
                            {"parameters", network.parameters()},
                            {"forward_macs_per_sample", network.forward_macs()},
                            {"batch", network.batch}});
    };
    for (const std::filesystem::path& file : network_files(options.models())) {
        add(file, "");
        for (const std::string& set : parameter_sets(file)) add(file, set);
    }
    deliver(options, options.json ? networks.dump(1) + "\n" : options.csv ? table.csv() : table.text());
    return 0;
}

int show(const Arguments& arguments) {
    const Options& options = arguments.options;
    const Network network = find_sampled_network(arguments.network, options);
    if (arguments.tree) {
        deliver(options, tree_report(network, options, arguments.stages, arguments.depth));
        return 0;
    }
    const std::int64_t batch = options.batch_override().value_or(network.batch);
    const nlohmann::json object = describe(network, batch);
    if (options.json) {
        deliver(options, object.dump(1) + "\n");
        return 0;
    }
    Table table({"<layer", "<kind", "times", "output", "parameters", "FF MACs", "BP MACs", "WU MACs",
                 "activation bytes"});
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const Layer& layer = network.layers[i];
        const nlohmann::json& macs = object.at("layers").at(i).at("macs");
        const auto count = [&macs](const char* stage) {
            return count_cell(macs.at(stage).get<std::int64_t>());
        };
        table.row({layer.name, to_string(layer.kind), std::to_string(layer.repeat * layer.items),
                   shape_text(layer.out), count_cell(layer.repeat * layer.parameters()), count("FF"),
                   count("BP"), count("WU"), count_cell(Network::activation_bytes(layer))});
    }
    if (options.csv) {
        deliver(options, table.csv());
        return 0;
    }
    deliver(options, fmt::format("{} (batch {}), MACs and activation bytes per sample\n\n{}\nparameters {}   "
                                 "forward MACs per sample {}   "
                                 "activations kept for the backward pass {}\n{}",
                                 network.name, batch, table.text(), grouped(network.parameters()),
                                 grouped(network.forward_macs()), byte_text(network.activation_bytes(batch)),
                                 sample_text(network)));
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
        models->add_subcommand("show", "layers, shapes, parameters, MACs and activation bytes of a network");
    show_command->footer(
        "Example: satsim models show resnet50 --batch 32 --json\n"
        "Example: satsim models show armor-8b --tree --depth 2\n"
        "Example: satsim models show decoder:llama2-70b --set tokens=8192");
    show_command
        ->add_option(
            "network", shown->network,
            "network file, the name of one in models/networks, or a parameter set: FILE:SET or its name")
        ->type_name(file_type::kNetwork)
        ->required();
    CLI::Option* tree = show_command->add_flag(
        "--tree", shown->tree, "modules: parameters, MACs per token, and what each training stage trains");
    show_command->add_option("--depth", shown->depth, "levels of the tree (default: all)")
        ->needs(tree)
        ->check(range(1, 16));
    show_command
        ->add_option("--stages", shown->stages, "recipes to show in the tree (default: the network's stages)")
        ->type_name(file_type::kRecipe)
        ->needs(tree)
        ->delimiter(',');
    shown->options.add_models(*show_command);
    shown->options.add_batch(*show_command);
    shown->options.add_format(*show_command, "formats/compare.md");
    show_command->callback([shown, &action] { action = [shown] { return show(*shown); }; });
    add_import(*models, action);
    add_weights(*models, action);
}

}  // namespace satsim::host
