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

}  // namespace satsim::execute::test
