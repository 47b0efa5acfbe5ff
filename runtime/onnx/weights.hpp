// The weights of an imported network: which elements of which initializers, in satsim's order, and how they
// get into a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/onnx/network_writer.hpp"
#include "runtime/onnx/tensor_view.hpp"
#include "runtime/onnx/wire.hpp"

namespace satsim::importer {

// A constant of the graph that a layer trains.
struct WeightUse {
    LayerIndex layer = -1;
    std::string suffix;  // "weight": which of the layer's tensors (runtime/weights/layer_tensors.hpp)
    int value = -1;
    std::vector<int> axes;  // in the order in which the layer stores them; empty: as they are
    std::string refused;    // why its numbers cannot be taken as they are; empty: they can
};

// Order of features after `flatten`: axes of the tensor before, and their order in memory.
struct FeatureOrder {
    Dims dims;
    std::vector<int> order;
};

struct ImportedTensor {
    std::string name;                 // "conv1.weight"
    std::vector<std::int64_t> shape;  // in the file
    TensorView values;                // row-major, as many elements
};

// Throws InputError, naming `file` and the layer, where a layer's numbers are no walk over one initializer or
// its features lie in an order that the layer is not known to follow. Parameters that the graph computes are
// left out instead, with a line in `notes`.
[[nodiscard]] std::vector<ImportedTensor> collect_weights(const Graph& graph, const Network& network,
                                                          std::span<const WeightUse> uses,
                                                          const std::map<LayerIndex, FeatureOrder>& flattened,
                                                          const std::string& file,
                                                          std::vector<std::string>& notes);

struct WeightSink {
    std::function<void(std::string_view)> write;                         // pieces of the file
    std::function<void(std::int64_t, std::int64_t)> progress = nullptr;  // elements done, in all
    std::filesystem::path target = {};                                   // external data must not lie in it
};

// Writes a whole safetensors file of FP32 values from the serialised onnx.ModelProto `model`, which was read
// from `file` (external data lies in its folder). Holds one initializer at a time. Throws InputError naming
// `file` and the initializer whose data is missing, of the wrong size, of no floating-point type or outside
// of the model's folder.
void write_weights(Bytes8 model, const std::filesystem::path& file, const std::string& network,
                   std::span<const ImportedTensor> tensors, const WeightSink& sink);

}  // namespace satsim::importer
