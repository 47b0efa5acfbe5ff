// Small constants of a graph and the arithmetic that exporters do with them: shapes, axes, scale factors.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace satsim::importer {

using Dims = std::vector<std::int64_t>;

// Product of extents; nullopt when one is negative or the product exceeds 2^40.
[[nodiscard]] std::optional<std::int64_t> element_count(const Dims& dims);

// Values of a tensor of at most kMostValues elements, as doubles: exact for every integer that a shape holds.
inline constexpr std::int64_t kMostValues = 1024;
struct Constant {
    Dims dims;
    int type = 0;  // onnx.TensorProto.DataType
    std::vector<double> values;
    [[nodiscard]] bool integral() const;
};

// nullopt: no numbers, too many of them, or their data was left out.
[[nodiscard]] std::optional<Constant> read_constant(const ::onnx::TensorProto& tensor);
[[nodiscard]] ::onnx::TensorProto to_tensor(const Constant& constant);

// The value of a node whose inputs are `inputs` (nullptr: absent). nullopt where the operator is none of
// those that exporters compute shapes with, or the inputs do not fit. `out`: dims of the result, by ONNX's
// shape inference.
[[nodiscard]] std::optional<Constant> fold(const ::onnx::NodeProto& node,
                                           std::span<const Constant* const> inputs, const Dims& out,
                                           int type);

}  // namespace satsim::importer
