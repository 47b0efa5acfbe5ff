// A network as satsim sees it: a list of layers with inferred shapes. docs/formats/network.md describes the
// file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/support/types.hpp"

namespace satsim {

// Shape of one sample's tensor: an image of channels x height x width, or a sequence of `width` tokens of
// `channels` features (height 1). Channels lie innermost in memory, then columns, then rows. Operands of a
// `matmul` are `height` matrices of width x channels.
struct TensorShape {
    std::int64_t channels = 0;
    int height = 1;
    int width = 1;
    auto operator<=>(const TensorShape&) const = default;
    [[nodiscard]] std::int64_t positions() const { return std::int64_t{height} * width; }
    [[nodiscard]] std::int64_t elements() const { return channels * positions(); }
};
[[nodiscard]] std::string to_string(const TensorShape& shape);  // "3x224x224"

// Of kernels, strides and dilations; equal sides are the usual case.
struct Extent {
    int h = 1;
    int w = 1;
    auto operator<=>(const Extent&) const = default;
    [[nodiscard]] int area() const { return h * w; }
};
[[nodiscard]] constexpr Extent square(int side) {
    return {side, side};
}

struct Padding {
    int top = 0;
    int left = 0;
    int bottom = 0;
    int right = 0;
    auto operator<=>(const Padding&) const = default;
};
[[nodiscard]] constexpr Padding around(int pad) {
    return {pad, pad, pad, pad};
}

enum class LayerKind {
    Conv,
    ConvTranspose,  // the gradient of a convolution as a layer: a map grows by the stride
    Linear,
    MatMul,  // product of two activations, one matrix for every row of the shape
    BatchNorm,
    LayerNorm,
    GroupNorm,  // groups of channels, statistics of every sample by itself
    Relu,
    Gelu,
    Activation,  // any other function of single elements, named in `function`
    Softmax,     // over the channels
    MaxPool,
    AvgPool,
    GlobalPool,   // average over all positions
    Reduce,       // mean, sum or maximum along one axis
    Add,          // sum of two tensors; extents of 1 of the second are spread over the first
    Mul,          // their product, the same way
    Concat,       // tensors side by side along one axis
    Slice,        // a range of one axis: readers address it, nothing moves
    Reshape,      // other extents, same order in memory: nothing moves
    Permute,      // another order in memory: every element moves
    Pad,          // zeros around the positions
    Resize,       // up- or down-sampling of the positions
    Flatten,      // channels x height x width to one vector
    Tokens,       // image positions become a sequence
    Parameter,    // a trained tensor that is read like a layer's output, the same for every sample
    Lookup,       // rows of a trained table, chosen by the values of the input
    Embedding,    // class token in front (optional) and learned position embedding
    SelectToken,  // the first token alone
    Attention,    // multi-head self-attention with its four projections
    Loss          // softmax cross-entropy over the channels
};

[[nodiscard]] const char* to_string(LayerKind kind);
[[nodiscard]] std::optional<LayerKind> layer_kind(std::string_view name);

enum class Axis { Channels, Height, Width };
[[nodiscard]] const char* to_string(Axis axis);

// A function of single elements that no unit of SAT computes.
struct ElementFunction {
    std::string_view name;
    int flops;           // additions, multiplications, divisions, exponentials
    int gradient_flops;  // of dx = dy * f'(x)
};
// All that `function` may name, in alphabetical order.
[[nodiscard]] std::span<const ElementFunction> element_functions();
[[nodiscard]] const ElementFunction* find_element_function(std::string_view name);

struct Layer {
    std::string name;
    LayerKind kind = LayerKind::Conv;
    std::vector<int> inputs;  // indices of earlier layers; -1 is the network's input
    TensorShape in;           // of the first input; of a parameter: its own
    TensorShape with;         // of the second input (add, mul, matmul)
    TensorShape out;
    Extent kernel;  // convolutions, pools
    Extent stride;
    Extent dilation;
    Padding pad;
    int groups = 1;      // convolutions, groupnorm
    bool bias = false;   // convolutions, linear, attention
    bool affine = true;  // norms: scale and shift are trained
    int heads = 1;       // attention
    bool class_token = false;
    std::string function;        // activation
    Axis axis = Axis::Channels;  // concat, slice
    int start = 0;               // slice
    int step = 1;                // slice
    bool transposed = false;     // matmul: B lies as columns x reduction; permute: the channels change place
    std::int64_t trained = 0;    // parameter: trained values behind it
    std::int64_t rows = 0;       // lookup: of its table

    // Trained parameters.
    [[nodiscard]] std::int64_t parameters() const;
    // Multiply-accumulates of the forward pass for one sample (GEMM work only, no inserted or padded zero
    // counted out: kernel taps that fall on padding are counted, as published figures do).
    [[nodiscard]] Macs forward_macs() const;
    // Multiply-accumulates of trained weights; the rest multiplies activations with each other.
    [[nodiscard]] Macs weight_macs() const;
    [[nodiscard]] bool has_gemm() const;
};

struct Network {
    std::string name;
    std::string source;
    TensorShape input;
    std::int64_t batch = 1;  // default; a recipe or the command line may override it
    std::vector<Layer> layers;

    [[nodiscard]] std::int64_t parameters() const;
    [[nodiscard]] Macs forward_macs() const;  // one sample
    // Bytes of FP16 activations that a training step of `batch` samples keeps for its backward pass.
    [[nodiscard]] Bytes activation_bytes(std::int64_t batch) const;
    // Index of the first layer with a GEMM; -1 when there is none.
    [[nodiscard]] int first_gemm() const;
    // Of each layer: whether something trained lies below it, so that it must hand a gradient down.
    [[nodiscard]] std::vector<bool> hands_gradient_down() const;
    // Of each layer: whether its output is the same for every sample, as a parameter's and what is computed
    // from parameters alone.
    [[nodiscard]] std::vector<bool> shared_by_samples() const;
};

// Throws InputError with file, JSON pointer and what was expected.
[[nodiscard]] Network parse_network(const nlohmann::json& document, const std::string& file);
[[nodiscard]] Network load_network(const std::filesystem::path& path);

// The object of `satsim models show --json`: name, batch, parameters, forward_macs_per_sample, layers. MACs
// are per sample.
[[nodiscard]] nlohmann::json describe(const Network& network, std::int64_t batch);

}  // namespace satsim
