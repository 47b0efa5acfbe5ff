// ONNX's own shape inference, one node at a time, so that constants folded so far take part in it.
#pragma once

#include <onnx/onnx_pb.h>

#include <span>
#include <string>
#include <vector>

#include "runtime/onnx/constant.hpp"

namespace satsim::importer {

struct InferenceInput {
    const ::onnx::TypeProto* type = nullptr;    // nullptr: absent or unknown
    const ::onnx::TensorProto* data = nullptr;  // of constants whose values are known
};

// Types of the node's outputs. Throws InputError naming the file and the node when the operator is unknown to
// the opset or its inputs do not fit.
[[nodiscard]] std::vector<::onnx::TypeProto> infer_types(const ::onnx::NodeProto& node, int opset,
                                                         std::span<const InferenceInput> inputs,
                                                         const std::string& where);

}  // namespace satsim::importer
