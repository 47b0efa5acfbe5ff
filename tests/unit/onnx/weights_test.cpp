// Weights of small models: every number where docs/formats/weights.md says, with the bits that it had.
#include "runtime/onnx/weights.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>

#include "runtime/onnx/import.hpp"
#include "runtime/support/error.hpp"
#include "runtime/weights/safetensors.hpp"
#include "tests/unit/onnx/model_builder.hpp"

namespace satsim::importer {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Shape = std::vector<std::int64_t>;

struct Written {
    Shape shape;
    std::vector<float> values;
};
struct Result {
    std::map<std::string, Written> tensors;
    std::vector<std::string> notes;
};

Result take(const Bytes& model, const std::filesystem::path& file = "net.onnx", bool unfold = false) {
    ImportOptions options;
    options.weights = true;
    options.unfold_batchnorm = unfold;
    const Imported imported = import_model(model, file.string(), options);
    Bytes written;
    WeightSink sink;
    sink.write = [&](std::string_view piece) { written.insert(written.end(), piece.begin(), piece.end()); };
    write_weights(model, file, "net", imported.weights, sink);
    Result result;
    result.notes = imported.notes;
    const weights::Header header = weights::parse_header(written, "written");
    for (const weights::Tensor& tensor : header.tensors) {
        Written& to = result.tensors[tensor.name];
        to.shape = tensor.shape;
        to.values.resize(static_cast<std::size_t>(tensor.elements()));
        std::memcpy(to.values.data(), written.data() + header.data_begin + tensor.begin,
                    to.values.size() * sizeof(float));
    }
    return result;
}

std::string refusal(const Bytes& model, const std::filesystem::path& file = "net.onnx", bool unfold = false) {
    try {
        (void)take(model, file, unfold);
    } catch (const InputError& error) {
        EXPECT_TRUE(std::string(error.what()).starts_with(file.string())) << error.what();
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
        return error.what();
    }
    return "";
}

TEST(OnnxWeights, ConvolutionsAreTapInputOutput) {
    ModelBuilder net({1, 3, 4, 4});
    net.node("Conv", {"x", net.counting("w", {4, 3, 2, 2}), net.counting("b", {4})}, "c");
    const Result result = take(net.bytes("c"));
    const Written& w = result.tensors.at("c.weight");
    EXPECT_EQ(w.shape, (Shape{4, 3, 4}));
    for (int tap = 0; tap < 4; ++tap) {
        for (int in = 0; in < 3; ++in) {
            for (int out = 0; out < 4; ++out)
                EXPECT_EQ(w.values[static_cast<std::size_t>((tap * 3 + in) * 4 + out)],
                          static_cast<float>((out * 3 + in) * 4 + tap));
        }
    }
    EXPECT_EQ(result.tensors.at("c.bias").values, (std::vector<float>{0, 1, 2, 3}));
}

TEST(OnnxWeights, GroupsComeFirst) {
    ModelBuilder net({1, 4, 4, 4});
    auto& conv = net.node("Conv", {"x", net.counting("w", {6, 2, 1, 3})}, "c");
    ModelBuilder::set(conv, "group", std::int64_t{2});
    const Written w = take(net.bytes("c")).tensors.at("c.weight");
    EXPECT_EQ(w.shape, (Shape{2, 3, 2, 3}));
    // Group 1, tap 2, input 1, output 0 is output channel 3, input 1 of its group.
    EXPECT_EQ(w.values[(1 * 3 + 2) * 6 + 1 * 3 + 0], static_cast<float>((3 * 2 + 1) * 3 + 2));
}

TEST(OnnxWeights, TransposedConvolutionsKeepTheirOwnInputs) {
    ModelBuilder net({1, 3, 4, 4});
    net.node("ConvTranspose", {"x", net.counting("w", {3, 2, 2, 2})}, "c");
    const Written w = take(net.bytes("c")).tensors.at("c.weight");
    EXPECT_EQ(w.shape, (Shape{4, 3, 2}));
    EXPECT_EQ(w.values[(3 * 3 + 2) * 2 + 1], static_cast<float>((2 * 2 + 1) * 4 + 3));
}

TEST(OnnxWeights, RowsAfterFlattenFollowSatsimsOrderOfFeatures) {
    ModelBuilder net({1, 1, 2, 3});
    net.node("Conv", {"x", net.counting("w", {2, 1, 1, 1})}, "c");
    net.node("Flatten", {"c"}, "flat");
    net.node("Relu", {"flat"}, "r");
    auto& gemm = net.node("Gemm", {"r", net.counting("fw", {5, 12}), net.counting("fb", {5})}, "fc");
    ModelBuilder::set(gemm, "transB", std::int64_t{1});
    const Result result = take(net.bytes("fc"));
    const Written& w = result.tensors.at("fc.weight");
    EXPECT_EQ(w.shape, (Shape{1, 12, 5}));
    for (int y = 0; y < 2; ++y) {
        for (int x = 0; x < 3; ++x) {
            for (int c = 0; c < 2; ++c) {
                for (int out = 0; out < 5; ++out)
                    EXPECT_EQ(w.values[static_cast<std::size_t>(((y * 3 + x) * 2 + c) * 5 + out)],
                              static_cast<float>(out * 12 + c * 6 + y * 3 + x));
            }
        }
    }
}

TEST(OnnxWeights, FeaturesInAnOrderThatALayerDoesNotFollowAreRefused) {
    ModelBuilder net({1, 2, 2, 3});
    net.node("Flatten", {"x"}, "flat");
    net.node("Add", {"flat", net.counting("p", {12})}, "sum");
    const std::string message = refusal(net.bytes("sum"));
    EXPECT_NE(message.find("layer sum (add) reads flattened features"), std::string::npos) << message;
}

TEST(OnnxWeights, TurnedAndSplitMatricesAreFollowedToTheirInitializer) {
    ModelBuilder net({1, 4, 3});
    net.counting("w", {6, 3});
    auto& split = net.node("Split", {"w", net.integers("sizes", {2, 4})}, "w1");
    split.add_output("w2");
    ModelBuilder::set(split, "axis", std::int64_t{0});
    ModelBuilder::set(net.node("Transpose", {"w2"}, "turned"), "perm", {1, 0});
    net.node("MatMul", {"x", "turned"}, "fc");
    net.node("Add", {"fc", net.counting("b", {4})}, "biased");
    const Result result = take(net.bytes("biased"));
    EXPECT_EQ(result.tensors.at("fc.weight").shape, (Shape{1, 3, 4}));
    EXPECT_EQ(result.tensors.at("fc.weight").values,
              (std::vector<float>{6, 9, 12, 15, 7, 10, 13, 16, 8, 11, 14, 17}));
    EXPECT_EQ(result.tensors.at("fc.bias").values, (std::vector<float>{0, 1, 2, 3}));
}

TEST(OnnxWeights, ParametersLieAsTheirReadersSeeThem) {
    ModelBuilder net({1, 2, 1, 3});
    net.node("Mul", {"x", net.counting("p", {1, 2, 1, 3})}, "m");
    const Written p = take(net.bytes("m")).tensors.at("p.value");
    EXPECT_EQ(p.shape, (Shape{1, 3, 2}));
    EXPECT_EQ(p.values, (std::vector<float>{0, 3, 1, 4, 2, 5}));  // channels innermost
}

TEST(OnnxWeights, StatisticsOfBatchNormComeAlong) {
    ModelBuilder net({1, 2, 3, 3});
    net.node(
        "BatchNormalization",
        {"x", net.counting("g", {2}), net.counting("b", {2}), net.counting("m", {2}), net.counting("v", {2})},
        "bn");
    const Result result = take(net.bytes("bn"));
    EXPECT_EQ(result.tensors.size(), 4U);
    EXPECT_EQ(result.tensors.at("bn.running_var").values, (std::vector<float>{0, 1}));
}

TEST(OnnxWeights, ASharedWeightIsWrittenForEachLayer) {
    ModelBuilder net({1, 4, 3});
    net.counting("w", {3, 3});
    net.node("MatMul", {"x", "w"}, "one");
    net.node("MatMul", {"one", "w"}, "two");
    const Result result = take(net.bytes("two"));
    EXPECT_EQ(result.tensors.at("one.weight").values, result.tensors.at("two.weight").values);
    EXPECT_TRUE(result.notes.empty());  // counted once
}

TEST(OnnxWeights, ComputedWeightsAreRefusedComputedParametersLeftOut) {
    ModelBuilder net({1, 4, 3});
    net.node("Mul", {net.counting("v", {3, 3}), net.counting("g", {1, 3})}, "w");
    net.node("MatMul", {"x", "w"}, "fc");
    EXPECT_NE(refusal(net.bytes("fc")).find("layer fc: its weight is computed by the graph"),
              std::string::npos);
    ModelBuilder other({1, 4, 3});
    other.node("Mul", {other.counting("v", {4, 3}), other.counting("g", {1, 3})}, "p");
    other.node("Add", {"x", "p"}, "sum");
    const Result result = take(other.bytes("sum"));
    EXPECT_TRUE(result.tensors.empty());
    ASSERT_EQ(result.notes.size(), 1U);
    EXPECT_NE(result.notes[0].find("left out of the weights"), std::string::npos);
}

TEST(OnnxWeights, ScaledAndFoldedWeightsAreRefused) {
    ModelBuilder net({1, 3});
    auto& gemm = net.node("Gemm", {"x", net.counting("w", {3, 2})}, "fc");
    ModelBuilder::set(gemm, "alpha", 0.5F);
    EXPECT_NE(refusal(net.bytes("fc")).find("is multiplied by Gemm's alpha or beta"), std::string::npos);
    ModelBuilder folded({1, 3, 4, 4});
    folded.node("Conv", {"x", folded.counting("w", {4, 3, 2, 2}), folded.counting("onnx::Conv_1", {4})}, "c");
    EXPECT_EQ(refusal(folded.bytes("c")), "");
    EXPECT_NE(refusal(folded.bytes("c"), "net.onnx", true).find("batch normalisation was folded into"),
              std::string::npos);
}

// One weight of five values in each of the ways that ONNX has for them.
class Types : public ::testing::Test {
  protected:
    ModelBuilder net_{ModelBuilder({1, 5})};
    ::onnx::TensorProto& weight(int type) { return net_.tensor("w", {5, 1}, type); }
    Bytes model() {
        net_.node("MatMul", {"x", "w"}, "fc");
        return net_.bytes("fc");
    }
    std::vector<std::uint32_t> bits() {
        std::vector<std::uint32_t> found;
        const Result result = take(model());
        for (const float value : result.tensors.at("fc.weight").values)
            found.push_back(std::bit_cast<std::uint32_t>(value));
        return found;
    }
};

TEST_F(Types, FloatsKeepEveryBit) {
    const std::vector<std::uint32_t> odd = {0x80000000, 0x00000001, 0x7FC12345, 0xFF800000, 0x3DCCCCCD};
    weight(::onnx::TensorProto::FLOAT).set_raw_data(odd.data(), odd.size() * 4);
    EXPECT_EQ(bits(), odd);
}

TEST_F(Types, Float16OfIntegers) {
    auto& w = weight(::onnx::TensorProto::FLOAT16);
    for (const int half : {0x3C00, 0xC000, 0x0001, 0x7BFF, 0x8000}) w.add_int32_data(half);
    EXPECT_EQ(bits(),
              (std::vector<std::uint32_t>{0x3F800000, 0xC0000000, 0x33800000, 0x477FE000, 0x80000000}));
}

TEST_F(Types, Float16OfBytes) {
    const std::vector<std::uint16_t> halves = {0x3C00, 0xC000, 0x0001, 0x7BFF, 0x8000};
    weight(::onnx::TensorProto::FLOAT16).set_raw_data(halves.data(), halves.size() * 2);
    EXPECT_EQ(bits(),
              (std::vector<std::uint32_t>{0x3F800000, 0xC0000000, 0x33800000, 0x477FE000, 0x80000000}));
}

TEST_F(Types, Bfloat16) {
    const std::vector<std::uint16_t> halves = {0x3F80, 0xC000, 0x0001, 0x7F80, 0x8000};
    weight(::onnx::TensorProto::BFLOAT16).set_raw_data(halves.data(), halves.size() * 2);
    EXPECT_EQ(bits(),
              (std::vector<std::uint32_t>{0x3F800000, 0xC0000000, 0x00010000, 0x7F800000, 0x80000000}));
}

TEST_F(Types, DoublesAreRounded) {
    auto& w = weight(::onnx::TensorProto::DOUBLE);
    for (const double value : {1.0, 0.1, -2.0, 1e-300, 0.25}) w.add_double_data(value);
    EXPECT_EQ(bits(), (std::vector<std::uint32_t>{0x3F800000, 0x3DCCCCCD, 0xC0000000, 0, 0x3E800000}));
}

TEST_F(Types, OthersAndWrongSizesAreRefused) {
    auto& w = weight(::onnx::TensorProto::FLOAT);
    for (int i = 0; i < 4; ++i) w.add_float_data(1);
    EXPECT_NE(refusal(model()).find("initializer w: has 16 bytes of data, expected 20"), std::string::npos);
    ModelBuilder other({1, 5});
    other.tensor("w", {5, 1}, ::onnx::TensorProto::COMPLEX64);
    other.node("MatMul", {"x", "w"}, "fc");
    EXPECT_NE(refusal(other.bytes("fc")).find("expected FLOAT, DOUBLE"), std::string::npos);
}

// The weight in a file beside the model.
class External : public ::testing::Test {
  protected:
    void SetUp() override {
        root_ = std::filesystem::path(::testing::TempDir()) / "satsim_external_test";
        std::filesystem::remove_all(root_);
        std::filesystem::create_directories(root_ / "model" / "sub");
        for (const char* name : {"model/w.bin", "model/sub/w.bin", "outside.bin"}) {
            std::ofstream out(root_ / name, std::ios::binary);
            const float values[] = {9, 1, 2, 3};
            out.write(reinterpret_cast<const char*>(values), sizeof values);
        }
    }
    void TearDown() override { std::filesystem::remove_all(root_); }

    [[nodiscard]] std::filesystem::path file() const { return root_ / "model" / "net.onnx"; }
    static Bytes model(const std::map<std::string, std::string>& entries) {
        ModelBuilder net({1, 3});
        auto& w = net.tensor("w", {3, 1});
        w.set_data_location(::onnx::TensorProto::EXTERNAL);
        for (const auto& [key, value] : entries) {
            auto* entry = w.add_external_data();
            entry->set_key(key);
            entry->set_value(value);
        }
        net.node("MatMul", {"x", "w"}, "fc");
        return net.bytes("fc");
    }
    std::filesystem::path root_;
};

TEST_F(External, IsReadAtItsOffset) {
    const std::vector<float> wanted = {1, 2, 3};
    for (const char* name : {"w.bin", "sub/w.bin", "./w.bin"}) {
        const Bytes bytes = model({{"location", name}, {"offset", "4"}, {"length", "12"}});
        EXPECT_EQ(take(bytes, file()).tensors.at("fc.weight").values, wanted) << name;
    }
    EXPECT_EQ(take(model({{"location", "w.bin"}, {"offset", "4"}}), file()).tensors.at("fc.weight").values,
              wanted);
}

TEST_F(External, StaysInItsBounds) {
    const auto message = [&](const char* offset, const char* length) {
        return refusal(model({{"location", "w.bin"}, {"offset", offset}, {"length", length}}), file());
    };
    EXPECT_NE(message("8", "12").find("has 12 bytes of data at 8 of w.bin, which has 16"), std::string::npos);
    EXPECT_NE(message("17", "12").find("at 17"), std::string::npos);
    EXPECT_NE(message("18446744073709551615", "12").find("at 18446744073709551615"), std::string::npos);
    EXPECT_NE(message("0", "8").find("has 8 bytes of data, expected 12"), std::string::npos);
    EXPECT_NE(message("-4", "12").find("is no number"), std::string::npos);
    EXPECT_NE(message("0x4", "12").find("is no number"), std::string::npos);
}

TEST_F(External, StaysInTheModelsFolder) {
    std::filesystem::create_symlink(root_ / "outside.bin", root_ / "model" / "link.bin");
    std::filesystem::create_symlink(root_, root_ / "model" / "up");
    for (const std::string& name : {std::string("../outside.bin"), std::string("sub/../../outside.bin"),
                                    (root_ / "outside.bin").string(), (root_ / "model" / "w.bin").string(),
                                    std::string("link.bin"), std::string("up/outside.bin"), std::string()}) {
        EXPECT_NE(refusal(model({{"location", name}, {"offset", "4"}}), file())
                      .find("outside of the model's folder"),
                  std::string::npos)
            << name;
    }
}

TEST_F(External, IsNotWrittenOver) {
    const Bytes bytes = model({{"location", "w.bin"}, {"offset", "4"}});
    ImportOptions options;
    options.weights = true;
    const Imported imported = import_model(bytes, file().string(), options);
    WeightSink sink;
    sink.write = [](std::string_view) {};
    sink.target = root_ / "model" / "w.bin";
    EXPECT_THROW(write_weights(bytes, file(), "net", imported.weights, sink), InputError);
}

}  // namespace
}  // namespace satsim::importer
