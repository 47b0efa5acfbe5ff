#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"
#include "runtime/workload/network.hpp"

namespace satsim {
namespace {

Network model(const std::string& name) {
    return load_network(std::string(SATSIM_SOURCE_DIR) + "/models/networks/" + name + ".json");
}

// Published counts; sources in docs/formats/network.md.
TEST(Networks, ParametersAndMacsMatchPublishedOnes) {
    EXPECT_EQ(model("resnet50").parameters(), 25557032);
    EXPECT_NEAR(static_cast<double>(model("resnet50").forward_macs()), 4.09e9, 0.005e9);
    // 11,689,512 at 1000 classes (torchvision), 800 classes of 512 weights and a bias fewer.
    EXPECT_EQ(model("resnet18").parameters(), 11689512 - 800 * 513);
    EXPECT_NEAR(static_cast<double>(model("resnet9").parameters()), 6.57e6, 0.005e6);
    EXPECT_NEAR(static_cast<double>(model("resnet9").forward_macs()), 379e6, 0.5e6);
    // 16 convolutions of VGG-19: 20,018,880 weights; batch norm 2*5504; linear 512*100+100.
    EXPECT_EQ(model("vgg19").parameters(), 20018880 + 2 * 5504 + 51300);
}

// timm's VGG-19, 3x3 convolutions in five stages of one width, each halving the map behind it.
TEST(Networks, MacsOfVgg19FollowFromItsStages) {
    struct Stage {
        Macs channels;
        int convolutions;
    };
    Macs macs = 512 * 100;
    Macs side = 32;
    Macs in = 3;
    for (const Stage& stage : {Stage{64, 2}, {128, 2}, {256, 4}, {512, 4}, {512, 4}}) {
        for (int i = 0; i < stage.convolutions; ++i) {
            macs += 9 * in * stage.channels * side * side;
            in = stage.channels;
        }
        side /= 2;
    }
    EXPECT_EQ(model("vgg19").forward_macs(), macs);
}

// Basic blocks 2, 2, 2, 2 of widths 64 to 512 behind a 7x7 stem of stride 2 and a pool: two 3x3 convolutions
// a block, and 1x1 ones where the width changes.
Macs resnet18_macs(Macs image, Macs classes) {
    Macs side = image / 2;
    Macs macs = 49 * 3 * 64 * side * side;
    side /= 2;
    for (const Macs width : {64, 128, 256, 512}) {
        Macs in = width;
        if (width > 64) {
            side /= 2;
            in = width / 2;
            macs += in * width * side * side;
        }
        macs += 9 * (in + 3 * width) * width * side * side;
    }
    return macs + 512 * classes;
}

TEST(Networks, MacsOfResNet18FollowFromItsBlocks) {
    // The structure is right where ImageNet's published figure comes out.
    EXPECT_NEAR(static_cast<double>(resnet18_macs(224, 1000)), 1.814e9, 0.0005e9);
    EXPECT_EQ(model("resnet18").forward_macs(), resnet18_macs(64, 200));
}

// Patches of 4x4, 64 tokens and a class token of width 512, six layers of attention and an MLP of 512.
TEST(Networks, TransformerFollowsFromItsStructure) {
    constexpr Macs kWidth = 512;
    constexpr Macs kTokens = 8 * 8;
    constexpr Macs kSequence = kTokens + 1;
    constexpr Macs kPatch = 3 * 4 * 4;
    constexpr Macs kMatrix = kWidth * kWidth;
    const Network vit = model("vit-cifar");
    const Macs layer = kSequence * (4 + 2) * kMatrix + 2 * kSequence * kSequence * kWidth;
    EXPECT_EQ(vit.forward_macs(), kTokens * kPatch * kWidth + 6 * layer + kWidth * 100);
    const std::int64_t norm = 2 * kWidth;
    EXPECT_EQ(vit.parameters(), (kPatch + 1) * kWidth + kWidth + kSequence * kWidth +
                                    6 * (2 * norm + (4 + 2) * (kMatrix + kWidth)) + norm +
                                    (kWidth + 1) * 100);
}

TEST(Networks, ShapesAreInferred) {
    const Network net = model("resnet50");
    EXPECT_EQ(net.layers.front().out, (TensorShape{64, 112, 112}));
    for (const Layer& layer : net.layers) {
        if (layer.kind == LayerKind::GlobalPool) {
            EXPECT_EQ(layer.in, (TensorShape{2048, 7, 7}));
        }
    }
    EXPECT_EQ(model("vit-cifar").layers[2].out, (TensorShape{512, 1, 65}));
}

TEST(Networks, DescriptionHasTheContractsFields) {
    const nlohmann::json shown = describe(model("resnet18"), 256);
    for (const char* key : {"name", "batch", "parameters", "forward_macs_per_sample", "layers"})
        EXPECT_TRUE(shown.contains(key));
    std::int64_t ff = 0;
    for (const auto& layer : shown["layers"]) ff += layer["macs"]["FF"].get<std::int64_t>();
    EXPECT_EQ(ff, shown["forward_macs_per_sample"].get<std::int64_t>());
    EXPECT_EQ(shown["layers"][0]["macs"]["BP"], 0);  // the first layer has no BP
}

TEST(Networks, ActivationBytesOfLayersAndInputsAddUp) {
    for (const char* name : {"resnet18", "vit-cifar"}) {
        const Network net = model(name);
        const nlohmann::json shown = describe(net, 3);
        Bytes bytes = 2 * net.input.elements();
        for (const auto& layer : shown["layers"]) bytes += layer["activation_bytes"].get<Bytes>();
        const Bytes shared = [&] {
            Bytes sum = 0;
            const std::vector<bool> once = net.shared_by_samples();
            for (std::size_t i = 0; i < net.layers.size(); ++i)
                if (once[i]) sum += Network::activation_bytes(net.layers[i]);
            return sum;
        }();
        EXPECT_EQ(shown["activation_bytes"].get<Bytes>(), 3 * (bytes - shared) + shared) << name;
    }
    EXPECT_EQ(describe(model("resnet18"), 1)["layers"][0]["activation_bytes"], 2 * 64 * 32 * 32);
    // Output, Q, K, V: 65 positions of 512; probabilities: 65 x 65 in each of 8 heads.
    const Network vit = model("vit-cifar");
    for (const Layer& layer : vit.layers) {
        if (layer.kind == LayerKind::Attention) {
            EXPECT_EQ(Network::activation_bytes(layer), 2 * (4 * 65 * 512 + 8 * 65 * 65));
        }
    }
}

// A first network written by hand says no source; every other field of the head is compulsory.
TEST(Networks, NeedNoSource) {
    nlohmann::json document = nlohmann::json::parse(R"({"name": "n", "batch": 1,
        "input": {"channels": 3, "height": 8, "width": 8}, "layers": [{"kind": "relu"}]})");
    EXPECT_TRUE(parse_network(document, "n.json").source.empty());
    document["source"] = "somewhere";
    EXPECT_EQ(parse_network(document, "n.json").source, "somewhere");
    document["source"] = 1;
    EXPECT_THROW((void)parse_network(document, "n.json"), InputError);
    for (const char* field : {"name", "batch", "layers"}) {
        nlohmann::json less = document;
        less["source"] = "somewhere";
        less.erase(field);
        EXPECT_THROW((void)parse_network(less, "n.json"), InputError) << field;
    }
}

struct Bad {
    const char* name;
    const char* change;    // JSON merge patch onto a good network
    const char* expected;  // part of the message
};
class BadNetwork : public testing::TestWithParam<Bad> {};

TEST_P(BadNetwork, IsRefusedInOneLineWithItsPlace) {
    nlohmann::json good = nlohmann::json::parse(R"({"name": "n", "source": "s", "batch": 1,
        "input": {"channels": 3, "height": 8, "width": 8},
        "layers": [{"name": "c", "kind": "conv", "out": 4, "kernel": 3}, {"kind": "relu"}]})");
    ASSERT_NO_THROW((void)parse_network(good, "good.json"));
    good.merge_patch(nlohmann::json::parse(GetParam().change));
    try {
        (void)parse_network(good, "bad.json");
        FAIL() << "accepted";
    } catch (const InputError& error) {
        const std::string message = error.what();
        EXPECT_NE(message.find("bad.json: "), std::string::npos) << message;
        EXPECT_NE(message.find(GetParam().expected), std::string::npos) << message;
        EXPECT_EQ(message.find('\n'), std::string::npos);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Inputs, BadNetwork,
    testing::Values(
        Bad{"UnknownField", R"({"colour": 1})", "unknown field \"colour\""},
        Bad{"UnknownKind", R"({"layers": [{"kind": "deconv"}]})", "/layers/0/kind: is \"deconv\""},
        Bad{"KernelTooLarge", R"({"layers": [{"kind": "conv", "out": 1, "kernel": 9}]})",
            "/layers/0/kernel: is 9"},
        Bad{"NoOutput", R"({"layers": [{"kind": "conv", "kernel": 1}]})", "lacks the field \"out\""},
        Bad{"ZeroChannels", R"({"input": {"channels": 0}})", "/input/channels: is 0"},
        Bad{"UnknownInput", R"({"layers": [{"kind": "relu", "from": "x"}]})", "/layers/0/from: is \"x\""},
        Bad{"ShapesDiffer",
            R"({"layers": [{"name":"a","kind":"conv","out":4,"kernel":1}, {"kind":"add","with":"input"}]})",
            "/layers/1/with: has shape 3x8x8"},
        Bad{"UnknownBlock", R"({"layers": [{"block": "b", "name": "x"}]})", "/layers/0/block: is \"b\""},
        Bad{"EndlessBlock",
            R"({"blocks": {"b": [{"block": "b", "name": "y"}]}, "layers": [{"block": "b", "name": "x"}]})",
            "nests blocks deeper"},
        Bad{"ParametersAreNoObject",
            R"({"blocks": {"b": [{"kind": "relu"}]}, "layers": [{"block": "b", "name": "x", "with": [1]}]})",
            "/layers/0/with: is [1], expected an object"},
        Bad{"ParameterIsText",
            R"({"blocks": {"b": [{"kind": "relu"}]}, "layers": [{"block": "b", "name": "x", "with": "w"}]})",
            "/layers/0/with: is \"w\", expected an object"},
        Bad{"Groups", R"({"layers": [{"kind": "conv", "out": 4, "kernel": 1, "groups": 2}]})",
            "/layers/0/groups"},
        Bad{"NoLayers", R"({"layers": []})", "/layers: has 0 elements"},
        Bad{"WrongType", R"({"layers": {"a": 1}})", "expected an array"},
        Bad{"HeadsDoNotDivide", R"({"layers": [{"kind": "tokens"}, {"kind": "attention", "heads": 2}]})",
            "/layers/1/heads: is 2"}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace satsim
