#include "tests/fuzz/onnx/fuzz_onnx.hpp"

#include <cstdio>
#include <stdexcept>
#include <string_view>

#include "runtime/onnx/import.hpp"
#include "runtime/support/error.hpp"
#include "runtime/weights/safetensors.hpp"
#include "runtime/workload/training_step.hpp"
#include "tests/fuzz/require.hpp"

namespace satsim {
namespace {

constexpr std::int64_t kMostElements = 1 << 20;  // of weights that are written

using fuzz::require;

// Taking the weights along works, and fills the file that its header announces, or is refused.
void write_weights_of(std::span<const std::uint8_t> model) {
    importer::ImportOptions options;
    options.weights = true;
    const importer::Imported imported = importer::import_model(model, "fuzz", options);
    std::int64_t elements = 0;
    for (const importer::ImportedTensor& tensor : imported.weights)
        elements += importer::element_count(tensor.values.dims).value_or(kMostElements);
    if (elements > kMostElements) return;
    std::vector<std::uint8_t> written;
    importer::WeightSink sink;
    sink.write = [&](std::string_view piece) { written.insert(written.end(), piece.begin(), piece.end()); };
    importer::write_weights(model, "fuzz", "net", imported.weights, sink);
    const weights::Header header = weights::parse_header(written, "written");
    require(header.tensors.size() == imported.weights.size(), "every tensor is in the file");
}

}  // namespace

void fuzz_onnx(const std::uint8_t* data, std::size_t size) {
    try {
        const importer::Imported imported = importer::import_model({data, size}, "fuzz", {});
        const Network network = parse_network(nlohmann::json(imported.document), "fuzz");
        require(network.parameters() >= 0 && network.forward_macs() >= 0, "totals are not negative");
        if (network.layers.size() <= 200) (void)make_training_step(network, Recipe{});
        write_weights_of({data, size});
    } catch (const InputError& error) {
        require(std::string_view(error.what()).find('\n') == std::string_view::npos, "an error is one line");
        require(std::string_view(error.what()).starts_with("fuzz"), "an error names the file");
    } catch (const std::logic_error& fault) {
        std::fprintf(stderr, "%s\n", fault.what());
        require(false, "no model causes an internal fault");
    }
}

}  // namespace satsim
