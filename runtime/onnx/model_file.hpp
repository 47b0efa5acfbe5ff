// Opens an ONNX file without its weights.
#pragma once

// Debian's headers are generated with the ML operators (CMakeLists.txt defines ONNX_ML and ONNX_NAMESPACE).
#include <onnx/onnx_pb.h>

#include <cstdint>
#include <span>
#include <string>

namespace satsim::importer {

// Operator sets that the installed ONNX describes and that torchvision and timm export.
inline constexpr std::int64_t kLowestOpset = 9;
inline constexpr std::int64_t kHighestOpset = 17;

struct Model {
    ::onnx::ModelProto proto;
    int opset = 0;
};

// Throws InputError naming `file` for bytes that are no ONNX model, for other operator sets and for models
// with functions of their own.
[[nodiscard]] Model parse_model(std::span<const std::uint8_t> bytes, const std::string& file);

}  // namespace satsim::importer
