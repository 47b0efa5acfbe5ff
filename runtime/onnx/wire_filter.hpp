// Takes the weights out of a serialised ONNX model before anything parses it.
//
// An ONNX file is a protobuf message; nearly all of it is the data of tensors, which no shape needs. The
// filter walks the message's fields (name of the message, field number) and copies everything but the data of
// tensors above a few kilobytes. So a file is never held in memory twice, and pages of weights are not even
// read.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "runtime/onnx/wire.hpp"

namespace satsim::importer {

// Data of a tensor up to this many bytes stays: shapes, axes, pads, scalars.
inline constexpr std::size_t kSmallTensor = 8192;

// `model`: the bytes of a serialised onnx.ModelProto. Throws InputError naming `file` when they are none.
[[nodiscard]] std::string without_weights(Bytes8 model, const std::string& file);

// The serialised onnx.TensorProto of every initializer with its data, in the order of the graph.
[[nodiscard]] std::vector<Bytes8> initializers_of(Bytes8 model, const std::string& file);

}  // namespace satsim::importer
