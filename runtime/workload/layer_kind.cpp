// Names of layer kinds, axes and element-wise functions.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/workload/network.hpp"

namespace satsim {
namespace {

struct KindName {
    LayerKind kind;
    const char* name;
};
constexpr KindName kKinds[] = {
    {LayerKind::Conv, "conv"},
    {LayerKind::ConvTranspose, "conv-transpose"},
    {LayerKind::Linear, "linear"},
    {LayerKind::MatMul, "matmul"},
    {LayerKind::BatchNorm, "batchnorm"},
    {LayerKind::LayerNorm, "layernorm"},
    {LayerKind::RmsNorm, "rmsnorm"},
    {LayerKind::GroupNorm, "groupnorm"},
    {LayerKind::Relu, "relu"},
    {LayerKind::Gelu, "gelu"},
    {LayerKind::Activation, "activation"},
    {LayerKind::Glu, "glu"},
    {LayerKind::Softmax, "softmax"},
    {LayerKind::MaxPool, "maxpool"},
    {LayerKind::AvgPool, "avgpool"},
    {LayerKind::GlobalPool, "globalpool"},
    {LayerKind::Reduce, "reduce"},
    {LayerKind::Add, "add"},
    {LayerKind::Mul, "mul"},
    {LayerKind::Concat, "concat"},
    {LayerKind::Slice, "slice"},
    {LayerKind::Reshape, "reshape"},
    {LayerKind::Permute, "permute"},
    {LayerKind::Select, "select"},
    {LayerKind::Splice, "splice"},
    {LayerKind::Combine, "combine"},
    {LayerKind::Pad, "pad"},
    {LayerKind::Resize, "resize"},
    {LayerKind::Flatten, "flatten"},
    {LayerKind::Tokens, "tokens"},
    {LayerKind::Parameter, "parameter"},
    {LayerKind::Lookup, "lookup"},
    {LayerKind::Embedding, "embedding"},
    {LayerKind::SelectToken, "select-token"},
    {LayerKind::Rope, "rope"},
    {LayerKind::Attention, "attention"},
    {LayerKind::Attend, "attend"},
    {LayerKind::Quantize, "quantize"},
    {LayerKind::Loss, "loss"},
};

// Counts as they are usually given for a straightforward evaluation; they only decide whether the host is
// bound by arithmetic or, as almost always, by its memory.
constexpr std::array kFunctions = std::to_array<ElementFunction>({
    {"affine", 2, 1}, {"celu", 5, 4},       {"clip", 2, 2},        {"dropout", 2, 1},   {"elu", 4, 3},
    {"exp", 4, 1},    {"gelu", 8, 12},      {"hardsigmoid", 4, 2}, {"hardswish", 5, 4}, {"leakyrelu", 2, 2},
    {"log", 4, 1},    {"logsoftmax", 6, 4}, {"mish", 10, 14},      {"power", 8, 9},     {"prelu", 2, 3},
    {"relu6", 2, 2},  {"selu", 5, 4},       {"sigmoid", 5, 3},     {"silu", 6, 7},      {"softplus", 8, 5},
    {"sqrt", 1, 2},   {"tanh", 6, 3},
});

}  // namespace

const char* to_string(LayerKind kind) {
    const auto* found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                     [&](const KindName& entry) { return entry.kind == kind; });
    return found == std::end(kKinds) ? "?" : found->name;
}

std::optional<LayerKind> layer_kind(std::string_view name) {
    for (const KindName& entry : kKinds) {
        if (entry.name == name) return entry.kind;
    }
    return std::nullopt;
}

const char* to_string(Axis axis) {
    constexpr const char* kNames[] = {"channels", "height", "width"};
    return kNames[static_cast<int>(axis)];
}

std::string to_string(const TensorShape& s) {
    return fmt::format("{}x{}x{}", s.channels, s.height, s.width);
}

std::span<const ElementFunction> element_functions() {
    return kFunctions;
}

const ElementFunction* find_element_function(std::string_view name) {
    for (const ElementFunction& function : kFunctions) {
        if (function.name == name) return &function;
    }
    return nullptr;
}

}  // namespace satsim
