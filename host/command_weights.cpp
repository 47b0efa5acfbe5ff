// satsim models weights: what N:M pruning would keep of a file of weights.
#include <memory>

#include "host/file_types.hpp"
#include "host/inputs.hpp"
#include "host/options.hpp"
#include "host/weight_report.hpp"

namespace satsim::host {
namespace {

struct Arguments {
    Options options;
    std::string network;
    std::string file;
};

int run_weights(const Arguments& arguments) {
    const Options& options = arguments.options;
    const Network network = find_network(arguments.network, options.models_folder);
    const WeightReport report = weight_report(network, arguments.file);
    deliver(options, options.json  ? report.json.dump(1) + "\n"
                     : options.csv ? report.table.csv()
                                   : report.text);
    return 0;
}

}  // namespace

void add_weights(CLI::App& models, Action& action) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command =
        models.add_subcommand("weights", "what N:M pruning would keep of a network's weights");
    command->footer("Example: satsim models weights net.json net.safetensors");
    command->add_option("network", arguments->network, "network file, or the name of one in models/networks")
        ->type_name(file_type::kNetwork)
        ->required();
    command
        ->add_option("file", arguments->file,
                     "safetensors file of its weights, as models import --data writes it")
        ->type_name(file_type::kFile)
        ->required();
    arguments->options.add_models(*command);
    arguments->options.add_format(*command, "formats/weights.md");
    command->callback([arguments, &action] { action = [arguments] { return run_weights(*arguments); }; });
}

}  // namespace satsim::host
