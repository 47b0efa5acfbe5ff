// Small models (make_models.py) with counts worked out by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "runtime/onnx/import.hpp"
#include "runtime/onnx/wire_filter.hpp"
#include "runtime/support/error.hpp"
#include "runtime/workload/training_step.hpp"
#include "tests/unit/onnx/model_builder.hpp"

namespace satsim::importer {
namespace {

std::vector<std::uint8_t> model_bytes(const std::string& name) {
    std::ifstream in(std::string(SATSIM_SOURCE_DIR) + "/tests/unit/onnx/models/" + name + ".onnx",
                     std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Network network_of(const std::string& name, const ImportOptions& options = {}) {
    return parse_network(nlohmann::json(import_model(model_bytes(name), name, options).document), name);
}

// "conv maxpool ...", functions of activations in place of their kind.
std::string kinds_of(const Network& network) {
    std::string text;
    for (const Layer& layer : network.layers) {
        if (layer.kind == LayerKind::Reshape) continue;
        text += (text.empty() ? "" : " ") +
                (layer.kind == LayerKind::Activation ? layer.function : std::string(to_string(layer.kind)));
    }
    return text;
}

std::string message_of(const std::vector<std::uint8_t>& bytes) {
    try {
        (void)import_model(bytes, "net.onnx", {});
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

TEST(OnnxImport, Convolutions) {
    const Network net = network_of("cnn");
    EXPECT_EQ(kinds_of(net), "conv relu maxpool conv batchnorm conv-transpose globalpool linear loss");
    EXPECT_EQ(net.input, (TensorShape{3, 17, 17}));
    EXPECT_EQ(net.batch, 1);
    EXPECT_EQ(net.layers[2].out, (TensorShape{8, 5, 5}));  // 4.5 rounded up
    EXPECT_EQ(net.layers[3].kernel, (Extent{3, 5}));
    EXPECT_EQ(net.layers[3].groups, 8);
    EXPECT_EQ(net.layers[5].out, (TensorShape{6, 10, 10}));
    EXPECT_EQ(net.parameters(), 216 + 8 + 120 + 16 + 768 + 70);
    EXPECT_EQ(net.forward_macs(), 81 * 216 + 25 * 120 + 25 * 768 + 60);
    EXPECT_EQ(net.layers[0].name, "stem");
}

TEST(OnnxImport, FoldedBatchNormIsNotedOrPutBack) {
    EXPECT_EQ(import_model(model_bytes("cnn"), "cnn", {}).notes.size(), 1U);
    ImportOptions options;
    options.unfold_batchnorm = true;
    options.batch = 32;
    const Imported imported = import_model(model_bytes("cnn"), "cnn", options);
    EXPECT_TRUE(imported.notes.empty());
    const Network net = parse_network(nlohmann::json(imported.document), "cnn");
    EXPECT_EQ(net.layers[1].kind, LayerKind::BatchNorm);
    EXPECT_EQ(net.parameters(), 216 + 16 + 120 + 16 + 768 + 70);
    EXPECT_EQ(net.batch, 32);
}

TEST(OnnxImport, ActivationsInPieces) {
    const Network net = network_of("squeeze_excite");
    EXPECT_EQ(kinds_of(net),
              "conv silu globalpool conv hardsigmoid mul hardswish concat permute slice slice add loss");
    EXPECT_EQ(net.parameters(), 32 + 72);
    EXPECT_EQ(net.forward_macs(), 36 * 32 + 64);
}

TEST(OnnxImport, FactorsBesideATrainedProductAreWork) {
    EXPECT_EQ(kinds_of(network_of("factors")), "linear affine power loss");
}

TEST(OnnxImport, TheInputShapeMustBeThatOfTheModel) {
    const auto message = [](std::vector<std::int64_t> shape) {
        ImportOptions options;
        options.input_shape = std::move(shape);
        try {
            (void)network_of("cnn", options);
        } catch (const InputError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(message({3, 17, 17}), "");
    EXPECT_NE(message({17, 17}).find("2 sizes, expected 3"), std::string::npos);
    EXPECT_NE(message({3, 16, 17}).find("16 for axis 2, which is 17"), std::string::npos);
}

TEST(OnnxImport, Transformers) {
    for (const char* name : {"transformer", "transformer_einsum"}) {
        const Network net = network_of(name);
        EXPECT_EQ(
            kinds_of(net),
            "conv parameter concat parameter add layernorm linear slice slice slice matmul softmax matmul "
            "linear parameter mul add gelu slice linear loss")
            << name;
        EXPECT_EQ(net.batch, 4);
        EXPECT_EQ(net.parameters(), 784 + 16 + 80 + 32 + 816 + 256 + 16 + 170) << name;
        EXPECT_EQ(net.forward_macs(), 3072 + 3840 + 2 * 400 + 1280 + 160) << name;
        Recipe recipe;
        recipe.method = Method::Bdwp;
        recipe.nm = {2, 8};
        int products = 0;
        for (const Task& task : make_training_step(net, recipe).tasks) {
            const auto* gemm = std::get_if<GemmTask>(&task);
            if (gemm == nullptr || gemm->weight_operand) continue;
            ++products;
            EXPECT_EQ(gemm->count, 4 * 2);
        }
        EXPECT_EQ(products, 2 + 4) << name;
    }
}

Network network_of(ModelBuilder& model, const std::string& output) {
    return parse_network(nlohmann::json(import_model(model.bytes(output), "built", {}).document), "built");
}

TEST(OnnxImport, AMatrixOnTheLeftIsALinearLayerOverRows) {
    ModelBuilder model({1, 5, 7});
    model.tensor("tokens.weight", {6, 5});
    model.tensor("tokens.bias", {6, 1});
    model.node("MatMul", {"tokens.weight", "x"}, "mixed");
    model.node("Add", {"mixed", "tokens.bias"}, "biased");
    const Network net = network_of(model, "biased");
    EXPECT_EQ(kinds_of(net), "permute linear loss");  // the 7 features are channels before, the 5 rows then
    EXPECT_TRUE(net.layers[1].bias);
    EXPECT_EQ(net.parameters(), 6 * 5 + 6);
    EXPECT_EQ(net.forward_macs(), 6 * 5 * 7);
    EXPECT_EQ(net.layers[1].out, (TensorShape{6, 1, 7}));
}

TEST(OnnxImport, ABiasOfColumnsIsNoneOfAMatrixOnTheLeft) {
    ModelBuilder model({1, 5, 6});
    model.tensor("tokens.weight", {6, 5});
    model.tensor("shift", {6});
    model.node("MatMul", {"tokens.weight", "x"}, "mixed");
    model.node("Add", {"mixed", "shift"}, "shifted");
    const Network net = network_of(model, "shifted");
    EXPECT_EQ(kinds_of(net), "permute linear parameter add loss");
    EXPECT_EQ(net.parameters(), 6 * 5 + 6);
}

TEST(OnnxImport, TheEquationSaysWhereFeaturesGo) {
    const auto kinds = [](const std::string& equation, bool left) {
        ModelBuilder model({1, 4, 4, 6});
        model.tensor("w", left ? std::vector<std::int64_t>{3, 6} : std::vector<std::int64_t>{6, 3});
        auto& einsum = left ? model.node("Einsum", {"w", "x"}, "y") : model.node("Einsum", {"x", "w"}, "y");
        auto* attribute = einsum.add_attribute();
        attribute->set_name("equation");
        attribute->set_type(::onnx::AttributeProto::STRING);
        attribute->set_s(equation);
        // Can be read as it lies in memory only where no axes have changed places.
        model.integers("rows", {1, 48});
        model.node("Reshape", {"y", "rows"}, "flat");
        model.tensor("fc.weight", {48, 2});
        model.node("MatMul", {"flat", "fc.weight"}, "fc");
        const Network net = network_of(model, "fc");
        EXPECT_EQ(net.parameters(), 6 * 3 + 48 * 2) << equation;
        EXPECT_EQ(net.forward_macs(), 16 * 6 * 3 + 48 * 2) << equation;
        return kinds_of(net);
    };
    const std::string in_place = kinds("bijk,kn->bijn", false);
    EXPECT_EQ(kinds("nk,bijk->bijn", true), in_place);
    EXPECT_NE(kinds("bijk,kn->bjin", false), in_place);
    EXPECT_EQ(kinds("nk,bijk->bjin", true), kinds("bijk,kn->bjin", false));
}

TEST(OnnxImport, ChannelsAlonePaddedAreColumns) {
    ModelBuilder model({1, 4, 6, 6});
    model.tensor("c.weight", {5, 4, 1, 1});
    model.node("Conv", {"x", "c.weight"}, "c");
    model.node("Pad", {"c", model.integers("pads", {0, 1, 0, 0, 0, 2, 0, 0})}, "wide");
    model.tensor("d.weight", {3, 8, 1, 1});
    model.node("Conv", {"wide", "d.weight"}, "d");
    const Network net = network_of(model, "d");
    EXPECT_EQ(kinds_of(net), "conv pad conv loss");
    EXPECT_EQ(net.parameters(), 5 * 4 + 3 * 8);
    EXPECT_EQ(net.forward_macs(), 36 * (5 * 4 + 3 * 8));
}

TEST(OnnxImport, MapsOfOnePositionMeetMapsOfOneChannel) {
    ModelBuilder model({1, 4, 6, 6});
    auto& mean = model.node("ReduceMean", {"x"}, "pooled");
    ModelBuilder::set(mean, "axes", std::vector<std::int64_t>{2, 3});
    model.tensor("gate.weight", {1, 4, 1, 1});
    model.node("Conv", {"x", "gate.weight"}, "gate");
    model.node("Mul", {"pooled", "gate"}, "outer");
    const Network net = network_of(model, "outer");
    EXPECT_EQ(kinds_of(net), "globalpool conv resize mul loss");
    EXPECT_EQ(net.layers.back().out, (TensorShape{4, 6, 6}));
}

// What Expand repeats is left to element-wise readers; others get the copies, whose gradients are summed.
TEST(OnnxImport, WhatExpandRepeatsIsCopiedForReadersOfElements) {
    ModelBuilder model({1, 1, 5, 6});
    model.integers("whole", {1, 3, 5, 6});
    model.integers("flat", {1, 90});
    model.node("Expand", {"x", "whole"}, "spread");
    model.node("Reshape", {"spread", "flat"}, "features");
    model.tensor("fc.weight", {90, 2});
    model.node("MatMul", {"features", "fc.weight"}, "fc");
    const Network net = network_of(model, "fc");
    EXPECT_EQ(kinds_of(net), "concat linear loss");
    EXPECT_EQ(net.layers[1].inputs.size(), 3u);
    EXPECT_EQ(net.layers[1].out.elements(), 90);
    EXPECT_EQ(net.forward_macs(), 90 * 2);
}

TEST(OnnxImport, AFixedBatchIsOneSample) {
    const Imported four = import_model(model_bytes("attention_batch4"), "net", {});
    Imported one = import_model(model_bytes("attention_batch1"), "net", {});
    one.document["batch"] = 4;
    EXPECT_EQ(four.document, one.document);
    const Network net = parse_network(nlohmann::json(four.document), "net");
    EXPECT_EQ(net.forward_macs(), 4 * 8 * 64 * 64 + 2 * 8 * 8 * 64);
    const auto scores = std::find_if(net.layers.begin(), net.layers.end(),
                                     [](const Layer& layer) { return layer.kind == LayerKind::MatMul; });
    ASSERT_NE(scores, net.layers.end());
    EXPECT_EQ(scores->out, (TensorShape{8, 4, 8}));  // 4 heads
}

TEST(OnnxImport, WhatMixesSamplesIsRefused) {
    const std::string message = message_of(model_bytes("batch_mixed"));
    EXPECT_TRUE(message.starts_with("net.onnx: node average (ReduceMean): ")) << message;
    EXPECT_NE(message.find("export with batch 1, or with dynamic_axes"), std::string::npos) << message;
}

TEST(OnnxImport, TransposedConvolutionsKeepTheirOutputShape) {
    EXPECT_EQ(network_of("output_shape15").layers[0].out, (TensorShape{3, 15, 15}));
    const Network net = network_of("output_shape16");
    EXPECT_EQ(net.layers[0].out, (TensorShape{3, 16, 16}));
    EXPECT_EQ(net.layers[0].pad.top, 1);  // the odd row
    EXPECT_EQ(net.layers[0].pad.bottom, 0);
    const std::string message = message_of(model_bytes("output_shape18"));
    EXPECT_NE(message.find("node up (ConvTranspose): has the output_shape 18, expected at most the 17"),
              std::string::npos)
        << message;
}

TEST(OnnxImport, AttributesThatContradictAreRefused) {
    const std::string pads = message_of(model_bytes("valid_pads"));
    EXPECT_NE(pads.find("has both pads and auto_pad VALID, expected one of them"), std::string::npos) << pads;
    for (const char* name : {"other_kernel", "other_kernel_up"}) {
        const std::string message = message_of(model_bytes(name));
        EXPECT_NE(message.find("has an output that does not fit its kernel, strides and pads"),
                  std::string::npos)
            << message;
    }
}

TEST(OnnxImport, ATiedWeightCountsOnce) {
    const Imported imported = import_model(model_bytes("tied"), "tied", {});
    const Network net = parse_network(nlohmann::json(imported.document), "tied");
    EXPECT_EQ(net.parameters(), 65 * 64 + 2 * (64 * 64 + 64));
    ASSERT_EQ(imported.notes.size(), 1U);  // a layer with a bias cannot be tied
    EXPECT_EQ(
        imported.notes[0],
        "1 weight is used by several layers, each of which counts it: 4096 parameters more than the model "
        "has");
}

TEST(OnnxImport, ErrorsNameTheNode) {
    ModelBuilder builder({1, 8, 4, 4});
    builder.tensor("weight", {8, 8, 3, 3});
    ModelBuilder::set(builder.node("Conv", {"x", "weight"}, "odd"), "pads", {-1, 0, 0, 0});
    const std::string message = message_of(builder.bytes("odd"));
    EXPECT_TRUE(message.starts_with("net.onnx: node odd (Conv): pad")) << message;
}

TEST(OnnxImport, AModelThatComputesNothingSaysSo) {
    EXPECT_NE(message_of(model_bytes("identity")).find("is its input, computed by no layer"),
              std::string::npos);
}

TEST(OnnxImport, UnknownOperatorsAreNamedWithWhatToDo) {
    const std::string message = message_of(model_bytes("unknown"));
    EXPECT_NE(message.find("node odd_one (NonZero): "), std::string::npos) << message;
    EXPECT_NE(message.find("export"), std::string::npos) << message;
}

TEST(OnnxImport, CutOffFilesAreRefusedInOneLine) {
    const std::vector<std::uint8_t> whole = model_bytes("transformer");
    for (std::size_t size = 0; size < whole.size(); size += 131) {
        const std::string message =
            message_of({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
        EXPECT_TRUE(message.starts_with("net.onnx: ")) << size;
        EXPECT_EQ(message.find('\n'), std::string::npos);
    }
}

TEST(OnnxImport, WeightsAreLeftOut) {
    // A model whose one initializer (field 5 of the graph, 7 of the model) holds raw_data (field 9) of
    // 100,000.
    const auto field = [](int number, const std::string& body) {
        std::string size;
        for (std::size_t left = body.size();; left >>= 7) {
            size += static_cast<char>((left & 0x7F) | (left >= 0x80 ? 0x80 : 0));
            if (left < 0x80) break;
        }
        return static_cast<char>(number << 3 | 2) + size + body;
    };
    const std::string name = field(8, "weight");
    const std::string model = field(7, field(5, field(9, std::string(100000, 'w')) + name) + field(2, "net"));
    const std::span<const std::uint8_t> bytes{reinterpret_cast<const std::uint8_t*>(model.data()),
                                              model.size()};
    EXPECT_EQ(without_weights(bytes, "net.onnx"), field(7, field(5, name) + field(2, "net")));
}

}  // namespace
}  // namespace satsim::importer
