#include "runtime/onnx/import.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "runtime/onnx/fusion.hpp"
#include "runtime/onnx/importer.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/mapped_file.hpp"

namespace satsim::importer {
namespace {

// The reader of network files infers every shape anew; they must be ONNX's.
void check_shapes(const Network& network, const NetworkWriter& writer, const std::string& file) {
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const Layer& layer = network.layers[i];
        if (layer.out != writer.shape(static_cast<LayerIndex>(i))) {
            throw std::logic_error(fmt::format("layer {} of {} comes out as {}, ONNX says {}", layer.name,
                                               file, to_string(layer.out),
                                               to_string(writer.shape(static_cast<LayerIndex>(i)))));
        }
    }
}

}  // namespace

Imported import_model(std::span<const std::uint8_t> bytes, const std::string& file,
                      const ImportOptions& options) {
    const Model model = parse_model(bytes, file);
    Graph graph(model, file, options.input_shape);
    fuse_layer_norms(graph);
    fuse_group_norms(graph);
    fuse_activations(graph);
    fuse_biases(graph);
    Importer importer(graph, options);
    importer.run();
    const std::string name = std::filesystem::path(file).stem().string();
    std::string safe;
    for (const char c : name) safe += c >= ' ' && c < 127 ? c : '_';
    const std::int64_t batch = options.batch > 0 ? options.batch : std::max<std::int64_t>(graph.batch, 1);
    Imported imported;
    imported.document = importer.writer().document(
        safe.empty() ? "onnx" : safe,
        fmt::format(
            "Imported from ONNX, opset {}. The loss is an assumption: softmax cross-entropy at every output.",
            model.opset),
        batch);
    imported.notes = importer.notes();
    const Network network = parse_network(nlohmann::json(imported.document), file);
    check_shapes(network, importer.writer(), file);
    if (options.weights) {
        imported.weights = collect_weights(graph, network, importer.weight_uses(), importer.flattened(), file,
                                           imported.notes);
    }
    return imported;
}

Imported import_file(const std::filesystem::path& path, const ImportOptions& options) {
    const MappedFile model(path, "an ONNX file");
    return import_model(model.bytes(), path.string(), options);
}

}  // namespace satsim::importer
