// satsim models import: an ONNX file becomes a network file and, with --data, a file of weights.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "host/file_types.hpp"
#include "host/onnx/import.hpp"
#include "host/options.hpp"
#include "host/output_files.hpp"
#include "host/range.hpp"
#include "host/table.hpp"
#include "host/weight_report.hpp"
#include "runtime/support/atomic_file.hpp"
#include "runtime/workload/network.hpp"

namespace satsim::host {
namespace {

struct Arguments {
    ImportRequest request;
    bool json = false;
};

std::string output_of(const ImportRequest& request) {
    return request.output.empty() ? std::filesystem::path(request.file).stem().string() + ".json"
                                  : request.output;
}

// Both files or neither: what can fail comes before the renaming.
void write_results(const ImportedNetwork& imported, const ImportRequest& request, const std::string& output,
                   const std::string& name) {
    AtomicFile network(output);
    network.write(imported.document.dump(1) + "\n");
    if (!request.data.empty()) {
        AtomicFile weights(request.data);
        imported.write_weights(weights, name);
        weights.commit();
    }
    network.commit();
}

int run_import(const Arguments& arguments) {
    const ImportRequest& request = arguments.request;
    const std::string output = output_of(request);
    const NamedFile written[] = {{"--output", output}, {"--data", request.data}};
    const NamedFile read[] = {{"file", request.file}};
    require_different_files(written, read);
    const ImportedNetwork imported = import_network(request);
    for (const std::string& note : imported.notes) fmt::print(stderr, "satsim: note: {}\n", note);
    const Network network = parse_network(nlohmann::json(imported.document), output);
    write_results(imported, request, output, network.name);
    if (arguments.json) {
        nlohmann::ordered_json result = {{"file", output},
                                         {"name", network.name},
                                         {"layers", network.layers.size()},
                                         {"batch", network.batch},
                                         {"parameters", network.parameters()},
                                         {"forward_macs_per_sample", network.forward_macs()},
                                         {"notes", imported.notes}};
        if (!request.data.empty()) result["weights"] = weight_report(network, request.data).json;
        fmt::print("{}\n", result.dump(1));
        return 0;
    }
    fmt::print("{}: {} layers, parameters {}, forward MACs per sample {}, batch {}\n", output,
               network.layers.size(), grouped(network.parameters()), grouped(network.forward_macs()),
               network.batch);
    if (!request.data.empty()) fmt::print("\n{}", weight_report(network, request.data).text);
    return 0;
}

}  // namespace

void add_import(CLI::App& models, Action& action) {
    auto arguments = std::make_shared<Arguments>();
    ImportRequest& request = arguments->request;
    CLI::App* command =
        models.add_subcommand("import", "an ONNX file becomes a network file (docs/formats/onnx.md)");
    command->footer("Example: satsim models import resnet50.onnx -o resnet50.json --batch 64");
    command->add_option("file", request.file, "ONNX model, opset 9 to 17; weights are read with --data only")
        ->type_name(file_type::kFile)
        ->required();
    command
        ->add_option("-o,--output", request.output,
                     "write the network to this file (default: the model's name with .json)")
        ->type_name(file_type::kOutput);
    command
        ->add_option("--data", request.data,
                     "write the weights to this safetensors file and show what N:M keeps of them")
        ->type_name(file_type::kOutput);
    command->add_option("--batch", request.batch, "batch of the network (default: the model's, else 1)")
        ->check(range(1, 1 << 20));
    command
        ->add_option("--input-shape", request.input_shape,
                     "sizes after the batch, where the model leaves them open")
        ->delimiter(',')
        ->check(range(1, 1 << 20));
    command->add_flag("--unfold-batchnorm", request.unfold_batchnorm,
                      "put back batch normalisation that the exporter folded into convolutions");
    command->add_flag("--json", arguments->json, "counts, and what N:M keeps of the weights, as JSON");
    command->callback([arguments, &action] { action = [arguments] { return run_import(*arguments); }; });
}

}  // namespace satsim::host
