// A network as satsim sees it: a list of layers with inferred shapes. docs/formats/network.md describes the
// file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/support/types.hpp"

namespace satsim {

// Values of parameters; in a file "$name" stands for one of them.
using Bindings = std::map<std::string, std::int64_t, std::less<>>;

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
    RmsNorm,
    GroupNorm,  // groups of channels, statistics of every sample by itself
    Relu,
    Gelu,
    Activation,  // any other function of single elements, named in `function`
    Glu,         // y = f(first half of the channels) * second half
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
    Select,       // some of the positions: to a head of their own, or to experts
    Splice,       // positions of other streams take the places of some of the first one's
    Combine,      // weighted sum of several groups of positions: what experts give back
    Pad,          // zeros around the positions
    Resize,       // up- or down-sampling of the positions
    Flatten,      // channels x height x width to one vector
    Tokens,       // image positions become a sequence
    Parameter,    // a trained tensor that is read like a layer's output, the same for every sample
    Lookup,       // rows of a trained table, chosen by the values of the input
    Embedding,    // class token in front (optional) and learned position embedding
    SelectToken,  // the first token alone
    Rope,         // rotary position embedding of the first `size` channels
    Attention,    // multi-head self-attention with its four projections
    Attend,       // scores, softmax and context of queries, keys and values that are given
    Quantize,     // nearest row of a codebook for every position
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

// Queries that see the keys of their own span alone: a document of a packed sample. `count` spans of this
// size follow each other.
struct Span {
    std::int64_t queries = 0;
    std::int64_t keys = 0;
    std::int64_t count = 1;
    auto operator<=>(const Span&) const = default;
};

struct Layer {
    std::string name;
    std::string path;         // the name without the numbers of repetitions: "llm.block.norm1"
    int module = 0;           // index in Network::modules
    std::int64_t repeat = 1;  // equal layers one behind the other that this one stands for
    std::int64_t items = 1;   // of its first input, a sample: tiles, images
    bool trainable = true;    // as the file says; recipes may say otherwise (training_plan.hpp)
    int tied = -1;            // the layer whose weights it shares
    int list = 0;             // which expansion of a list of layers it stands in: a copy of a block or module
    int region = -1;          // which copy of a repeated module it lies in; layers of one follow each other
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
    bool shift = true;   // layernorm: false: the scale alone
    int heads = 1;       // attention
    bool class_token = false;
    std::string function;        // activation
    Axis axis = Axis::Channels;  // concat, slice
    int start = 0;               // slice
    int step = 1;                // slice
    bool transposed = false;     // matmul: B lies as columns x reduction; permute: the channels change place
    std::int64_t trained = 0;    // parameter: trained values behind it
    std::int64_t rows = 0;       // lookup, embedding, quantize: of its table
    std::int64_t size = 0;       // rope: channels that turn; rmsnorm: that are normalised together
    int kv_heads = 1;            // attend: heads of keys and values
    std::vector<Span> spans;     // attend: which positions see each other, of one item
    bool causal = false;         // attend: no query sees a key behind its own place
    std::int64_t window = 0;     // attend: keys that a query sees at most, itself included; 0: all
    bool applies_relu = false;   // as it writes its output: the ReLU that follows (fused_activation.hpp)
    bool fused = false;          // relu: the layer before applies it, whose output is its own
    std::vector<std::int64_t>
        sets;  // linear, norms: positions for each of several weights; empty: one weight

    // Trained parameters of one of the `repeat` layers; none where the weights are another layer's.
    [[nodiscard]] std::int64_t parameters() const;
    // Positions of all items of a sample.
    [[nodiscard]] std::int64_t sample_positions() const { return items * out.positions(); }
    // Whether it has weights, its own or another layer's.
    [[nodiscard]] bool has_weights() const { return parameters() > 0 || tied >= 0; }
    // Multiply-accumulates of the forward pass for one item (GEMM work only, no inserted or padded zero
    // counted out: kernel taps that fall on padding are counted, as published figures do).
    [[nodiscard]] Macs forward_macs() const;
    // Multiply-accumulates of trained weights; the rest multiplies activations with each other.
    [[nodiscard]] Macs weight_macs() const;
    [[nodiscard]] bool has_gemm() const;
};

// What a network reads: `items` tensors of this shape a sample.
struct NetworkInput {
    std::string name = "input";
    TensorShape shape;
    std::int64_t items = 1;
};

// An instance of a module or block; the first node is the network itself.
struct ModuleNode {
    std::string name;
    std::string path;  // names from the top down: "llm.block"
    std::string module;
    int parent = -1;
    std::int64_t repeat = 1;  // within its parent
};

struct Network {
    std::string name;
    std::string source;                // empty: the file does not say
    TensorShape input;                 // of the first input
    std::vector<NetworkInput> inputs;  // layers name the i-th as input -1 - i
    std::vector<ModuleNode> modules;
    Bindings parameters_given;        // of the file, with the values they have
    std::vector<std::string> stages;  // recipes that train it in stages
    std::int64_t tokens = 0;          // positions of a sample's main stream; 0: it has none
    std::string sample;               // where the sample's sizes come from; empty: from the parameters
    std::string sample_profile;       // the corpus that the file asks for; empty: none
    std::int64_t sample_seed = 1;
    std::int64_t batch = 1;  // default; a recipe or the command line may override it
    std::vector<Layer> layers;

    [[nodiscard]] std::int64_t parameters() const;
    [[nodiscard]] Macs forward_macs() const;                     // one sample, all items and repetitions
    [[nodiscard]] const TensorShape& shape_of(int index) const;  // of a layer's output or an input
    [[nodiscard]] std::int64_t items_of(int index) const;
    // Whether `pattern` is this layer's name, its path, or a module that it lies in.
    [[nodiscard]] bool lies_in(const Layer& layer, std::string_view pattern) const;
    // The name of the module of the top level that a layer lies in; the network's where it lies in none.
    [[nodiscard]] const std::string& top_module(const Layer& layer) const;
    // Bytes of FP16 activations that a training step of `batch` samples keeps for its backward pass: the
    // inputs' and every layer's.
    [[nodiscard]] Bytes activation_bytes(std::int64_t batch) const;
    // Of them one layer's, all its items and repetitions, one sample: its output, and what an attention makes
    // inside. 0 for views of other layers' outputs.
    [[nodiscard]] static Bytes activation_bytes(const Layer& layer);
    // Index of the first layer with a GEMM; -1 when there is none.
    [[nodiscard]] int first_gemm() const;
    // Of each layer: whether something trained lies below it, so that it must hand a gradient down.
    [[nodiscard]] std::vector<bool> hands_gradient_down() const;
    // Of each layer: whether its output is the same for every sample, as a parameter's and what is computed
    // from parameters alone.
    [[nodiscard]] std::vector<bool> shared_by_samples() const;
};

// Spans that the sample gives names to.
using SpanTable = std::map<std::string, std::vector<Span>, std::less<>>;

inline constexpr std::int64_t kEveryCopy = std::int64_t{1} << 40;

// What decides beside the file.
struct NetworkOptions {
    std::string set;               // one of the file's parameter sets
    Bindings parameters;           // override the file's and the set's
    Bindings sample;               // sizes of the sample: override those of these names that the file has
    SpanTable spans;               // likewise
    std::string sample_name;       // where they come from
    std::filesystem::path folder;  // where files that the document names are looked for
    // In how many parts the middle copies of a repeated module stand: more than one where machines share
    // them, kEveryCopy to write all copies out, for execution.
    std::int64_t pieces = 1;
};

// Throws InputError with file, JSON pointer and what was expected.
[[nodiscard]] Network parse_network(const nlohmann::json& document, const std::string& file,
                                    const NetworkOptions& options = {});
[[nodiscard]] Network load_network(const std::filesystem::path& path, NetworkOptions options = {});
// Names of a file's parameter sets; none: it has none.
[[nodiscard]] std::vector<std::string> parameter_sets(const std::filesystem::path& path);

// The object of `satsim models show --json`: name, batch, parameters, forward_macs_per_sample, layers. MACs
// are per sample.
[[nodiscard]] nlohmann::json describe(const Network& network, std::int64_t batch);

}  // namespace satsim
