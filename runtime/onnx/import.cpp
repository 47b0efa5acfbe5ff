#include "runtime/onnx/import.hpp"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>
#include <string_view>

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

// The reader of network files points into a file that does not exist yet: the node is what a user knows.
Network read_back(const Imported& imported, const Importer& importer, const Graph& graph,
                  const std::string& file) {
    try {
        return parse_network(nlohmann::json(imported.document), file);
    } catch (const InputError& error) {
        const std::string& pointer = error.pointer();
        const std::string_view layers = "/layers/";
        if (error.where() != file || !pointer.starts_with(layers)) throw;
        const std::size_t begin = layers.size();
        const std::size_t end = std::min(pointer.find('/', begin), pointer.size());
        std::size_t layer = 0;
        std::from_chars(pointer.data() + begin, pointer.data() + end, layer);
        const Node* node = importer.node_of(layer);
        if (node == nullptr) throw;
        const std::string field = end < pointer.size() ? pointer.substr(end + 1) + " " : "";
        throw InputError(graph.where(*node), "", field + error.message());
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
    const Network network = read_back(imported, importer, graph, file);
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
