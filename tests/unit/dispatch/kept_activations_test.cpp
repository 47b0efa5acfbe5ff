// Which outputs a step keeps: none twice that are one tensor.
#include "runtime/dispatch/kept_activations.hpp"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

namespace satsim {
namespace {

std::map<std::string, Bytes> kept(const std::string& layers) {
    const Network network = parse_network({{"name", "n"},
                                           {"source", "s"},
                                           {"batch", 2},
                                           {"input", {{"channels", 8}, {"height", 4}, {"width", 4}}},
                                           {"layers", nlohmann::json::parse(layers)}},
                                          "test");
    const Recipe recipe;
    std::map<std::string, Bytes> found;
    for (const KeptTensor& tensor : kept_tensors(network, recipe, plan_training(network, recipe), 2)) {
        if (tensor.what == KeptWhat::Output)
            found[network.layers[static_cast<std::size_t>(tensor.layer)].name] += tensor.room.always;
    }
    return found;
}

// A map of 2 samples: 8 channels of 4 x 4 positions of two bytes.
constexpr Bytes kMap = 2 * 8 * 4 * 4 * 2;

TEST(KeptActivations, AReluThatTheNormAppliesIsTheNormsOutput) {
    const std::string conv = R"({"kind": "conv", "out": 8, "kernel": 1, "name": ")";
    const auto fused = kept("[" + conv + R"(a"}, {"kind": "batchnorm", "name": "n"},
                                {"kind": "relu", "name": "r"},)" +
                            conv + R"(b"}, {"kind": "loss", "name": "l"}])");
    EXPECT_EQ(fused.at("n"), kMap);
    EXPECT_FALSE(fused.contains("r"));
    // Another reads the norm's output: both are kept.
    const auto apart = kept("[" + conv + R"(a"}, {"kind": "batchnorm", "name": "n"},
                                {"kind": "relu", "name": "r"}, {"kind": "add", "with": "n", "name": "s"},
                                {"kind": "loss", "name": "l"}])");
    EXPECT_EQ(apart.at("n"), kMap);
    EXPECT_EQ(apart.at("r"), kMap);
}

// A slice of a fused ReLU is a view of a view.
TEST(KeptActivations, ViewsReachWhatTheyAreViewsOf) {
    const auto views = kept(R"([{"kind": "conv", "out": 8, "kernel": 1, "bias": true, "name": "a"},
        {"kind": "relu", "name": "r"},
        {"kind": "slice", "axis": "channels", "start": 0, "size": 8, "name": "s"},
        {"kind": "conv", "out": 8, "kernel": 1, "name": "b"}, {"kind": "loss", "name": "l"}])");
    EXPECT_EQ(views.at("a"), kMap);
    EXPECT_FALSE(views.contains("r"));
    EXPECT_FALSE(views.contains("s"));
}

}  // namespace
}  // namespace satsim
