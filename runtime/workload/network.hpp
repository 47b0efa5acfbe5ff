// A network as satsim sees it: a list of layers with inferred shapes. docs/formats/network.md describes the
// file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/support/types.hpp"

namespace satsim {

// Shape of one sample's tensor: an image of channels x height x width, or a sequence of `width` tokens of
// `channels` features (height 1).
struct TensorShape {
    std::int64_t channels = 0;
    int height = 1;
    int width = 1;
    auto operator<=>(const TensorShape&) const = default;
    [[nodiscard]] std::int64_t elements() const { return channels * height * width; }
};

enum class LayerKind {
    Conv,
    Linear,
    BatchNorm,
    LayerNorm,
    Relu,
    Gelu,
    MaxPool,
    AvgPool,
    GlobalPool,   // average over all positions
    Add,          // sum of two tensors of equal shape
    Flatten,      // channels x height x width to one vector
    Tokens,       // image positions become a sequence
    Embedding,    // class token in front (optional) and learned position embedding
    SelectToken,  // the first token alone
    Attention,    // multi-head self-attention with its four projections
    Loss          // softmax cross-entropy over the channels
};

[[nodiscard]] const char* to_string(LayerKind kind);

struct Layer {
    std::string name;
    LayerKind kind = LayerKind::Conv;
    std::vector<int> inputs;  // indices of earlier layers; -1 is the network's input
    TensorShape in;           // of the first input
    TensorShape out;
    int kernel = 1;  // conv, pools
    int stride = 1;
    int pad = 0;
    int groups = 1;     // conv
    bool bias = false;  // conv, linear, attention
    int heads = 1;      // attention
    bool class_token = false;

    // Trained parameters.
    [[nodiscard]] std::int64_t parameters() const;
    // Multiply-accumulates of the forward pass for one sample (GEMM work only, no inserted or padded zero
    // counted out: kernel taps that fall on padding are counted, as published figures do).
    [[nodiscard]] Macs forward_macs() const;
    [[nodiscard]] bool has_gemm() const {
        return kind == LayerKind::Conv || kind == LayerKind::Linear || kind == LayerKind::Attention;
    }
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
    // Index of the first layer with a GEMM: it has no BP.
    [[nodiscard]] int first_gemm() const;
};

// Throws InputError with file, JSON pointer and what was expected.
[[nodiscard]] Network parse_network(const nlohmann::json& document, const std::string& file);
[[nodiscard]] Network load_network(const std::filesystem::path& path);

// The object of `satsim models show --json`: name, batch, parameters, forward_macs_per_sample, layers. MACs
// are per sample.
[[nodiscard]] nlohmann::json describe(const Network& network, std::int64_t batch);

}  // namespace satsim
