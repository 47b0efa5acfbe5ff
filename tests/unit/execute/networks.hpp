// The networks of the shipped files, small enough for a test on real data.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/unit/execute/support.hpp"

namespace satsim::execute::test {

// A first convolution whose input SAT reads folded, with a tail (schedule/fold_image.hpp).
inline Network strided_first() {
    return network_of(
        nlohmann::json::parse(R"([{"kind": "conv", "out": 32, "kernel": 7, "pad": 3, "stride": 2},
                                  {"kind": "batchnorm"},
                                  {"kind": "conv", "out": 8, "kernel": 3, "pad": 1}])"),
        {3, 20, 22});
}

// ResNet-9 of the shipped file with a quarter of its channels.
inline Network narrow_resnet9() {
    std::ifstream file(kModels + "/networks/resnet9.json");
    nlohmann::json document = nlohmann::json::parse(file);
    for (nlohmann::json& layer : document["layers"])
        if (layer.contains("with") && layer["with"].contains("channels"))
            layer["with"]["channels"] = layer["with"]["channels"].get<int>() / 4;
    return parse_network(document, "resnet9.json");
}

// ARMOR of the shipped file: its set armor-tiny with fewer features and positions, and four decoder layers.
inline Network smallest_armor() {
    NetworkOptions options;
    options.set = "armor-tiny";
    options.pieces = kEveryCopy;
    options.parameters = {{"width", 64},       {"ffn", 96},        {"heads", 4},       {"vocab", 61},
                          {"tower_width", 32}, {"tower_heads", 2}, {"tile", 28},       {"codes", 29},
                          {"code_side", 2},    {"vq_width", 8},    {"vq_channels", 8}, {"vq_groups", 4},
                          {"tokens", 40},      {"tiles", 2},       {"images", 2}};
    return load_network(kModels + "/networks/armor-8b.json", options);
}

// vit-cifar of the shipped file with two encoders, fewer features and a quarter of the image.
inline Network narrow_vit() {
    std::ifstream file(kModels + "/networks/vit-cifar.json");
    nlohmann::json document = nlohmann::json::parse(file);
    document["input"]["height"] = document["input"]["width"] = 16;
    document["layers"][0]["out"] = 32;
    for (nlohmann::json& layer : document["layers"])
        if (layer.contains("block")) {
            layer["repeat"] = 2;
            layer["with"] = {{"heads", 2}, {"mlp", 40}, {"width", 32}};
        }
    return parse_network(document, "vit-cifar.json");
}

// BAGEL's kind of layers: two sets of weights, each with its share of the positions.
inline Network two_sets() {
    return network_of(nlohmann::json::parse(R"([
        {"kind": "linear", "out": 32, "name": "a"},
        {"kind": "rmsnorm", "sets": [9, 3]},
        {"kind": "linear", "out": 64, "sets": [9, 3], "bias": true, "name": "qkv"},
        {"kind": "slice", "axis": "channels", "start": 0, "size": 32, "name": "q"},
        {"kind": "slice", "from": "qkv", "axis": "channels", "start": 32, "size": 16, "name": "k"},
        {"kind": "slice", "from": "qkv", "axis": "channels", "start": 48, "size": 16, "name": "v"},
        {"kind": "rmsnorm", "from": "q", "size": 8, "sets": [9, 3], "name": "n"},
        {"kind": "attend", "with": ["k", "v"], "heads": 4, "kv_heads": 2, "causal": true},
        {"kind": "linear", "out": 32, "sets": [9, 3]}, {"kind": "add", "with": "a", "name": "b"},
        {"kind": "layernorm", "sets": [9, 3]}, {"kind": "linear", "out": 48, "sets": [5, 2, 5]},
        {"kind": "glu", "function": "silu"}, {"kind": "linear", "out": 32, "sets": [9, 3]},
        {"kind": "add", "with": "b"}, {"kind": "linear", "out": 10}, {"kind": "loss"}])"),
                      {16, 1, 12});
}

// The shipped decoder with four experts in each layer, two of them for a position.
inline Network few_experts() {
    NetworkOptions options;
    options.pieces = kEveryCopy;
    options.parameters = {{"layers", 2},  {"tokens", 24},     {"width", 32},   {"heads", 2},
                          {"ffn", 32},    {"vocab", 16},      {"kv_heads", 2}, {"mlp_bias", 1},
                          {"experts", 4}, {"experts_used", 2}};
    return load_network(kModels + "/networks/decoder.json", options);
}

}  // namespace satsim::execute::test
