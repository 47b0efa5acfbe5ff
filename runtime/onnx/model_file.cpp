#include "runtime/onnx/model_file.hpp"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>

#include <limits>

#include "runtime/onnx/wire_filter.hpp"
#include "runtime/support/error.hpp"

namespace satsim::importer {
namespace {

int opset_of(const ::onnx::ModelProto& proto, const std::string& file) {
    std::int64_t opset = 0;
    for (const auto& import : proto.opset_import()) {
        if (import.domain().empty() || import.domain() == "ai.onnx") opset = import.version();
    }
    if (opset < kLowestOpset || opset > kHighestOpset) {
        throw InputError(file, "",
                         fmt::format("uses opset {}, expected {} to {}: export with opset_version={}", opset,
                                     kLowestOpset, kHighestOpset, kHighestOpset));
    }
    return static_cast<int>(opset);
}

}  // namespace

Model parse_model(std::span<const std::uint8_t> bytes, const std::string& file) {
    // Protobuf reports faults on stderr, several lines each; ours is the one line that is wanted.
    const google::protobuf::LogSilencer silence;
    const std::string stripped = without_weights(bytes, file);
    Model model;
    if (stripped.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
        !model.proto.ParseFromString(stripped))
        throw InputError(file, "", "is no ONNX model, expected a protobuf message of type onnx.ModelProto");
    if (!model.proto.has_graph() || model.proto.graph().node_size() == 0)
        throw InputError(file, "", "has no graph with nodes, expected an ONNX model");
    if (model.proto.functions_size() > 0)
        throw InputError(file, "", "defines functions of its own, expected standard operators only");
    model.opset = opset_of(model.proto, file);
    return model;
}

}  // namespace satsim::importer
