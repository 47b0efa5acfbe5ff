// What pruning keeps, against examples worked out by hand.
#include "runtime/weights/survey.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runtime/support/error.hpp"
#include "runtime/weights/layer_tensors.hpp"

namespace satsim::weights {
namespace {

constexpr NmPattern k2of4{2, 4};
constexpr NmPattern k1of8{1, 8};

// One tap, four inputs, two outputs: columns 1 2 3 4 and -4 3 -2 1.
const std::vector<float> kMatrix = {1, -4, 2, 3, 3, -2, 4, 1};

TEST(KeptShare, GroupsAlongInputsByHand) {
    // Of the first column 3 and 4 stay, of the second -4 and 3: 25 of 30 each.
    EXPECT_DOUBLE_EQ(*kept_share(kMatrix, {1, 4, 2}, k2of4, Stage::FF), 50.0 / 60.0);
    // 1:8: the group has four elements only.
    EXPECT_DOUBLE_EQ(*kept_share(kMatrix, {1, 4, 2}, k1of8, Stage::FF), 32.0 / 60.0);
}

TEST(KeptShare, GroupsAlongOutputsByHand) {
    // Rows of two: 2:4 keeps both.
    EXPECT_DOUBLE_EQ(*kept_share(kMatrix, {1, 4, 2}, k2of4, Stage::BP), 1);
    // The same numbers as one input of eight outputs: 1 -4 2 3 keeps 25 of 30, 3 -2 4 1 too.
    EXPECT_DOUBLE_EQ(*kept_share(kMatrix, {1, 1, 8}, k2of4, Stage::BP), 50.0 / 60.0);
    EXPECT_DOUBLE_EQ(*kept_share(kMatrix, {1, 1, 8}, k1of8, Stage::BP), 16.0 / 60.0);
}

TEST(KeptShare, GroupsEndWithTheirTapAndGroup) {
    // Two taps of two inputs, one output: groups of two elements, both kept.
    EXPECT_DOUBLE_EQ(*kept_share(std::vector<float>{1, 2, 3, 4}, {2, 2, 1}, k2of4, Stage::FF), 1);
    EXPECT_DOUBLE_EQ(*kept_share(std::vector<float>{1, 2, 3, 4}, {2, 1, 2, 1}, k1of8, Stage::FF),
                     20.0 / 30.0);
}

TEST(KeptShare, TheLastGroupIsShort) {
    // Five inputs: 1 2 3 4 keeps 25 of 30, the fifth is a group of its own.
    EXPECT_DOUBLE_EQ(*kept_share(std::vector<float>{1, 2, 3, 4, 5}, {1, 5, 1}, k2of4, Stage::FF),
                     50.0 / 55.0);
}

TEST(KeptShare, SelectionIsByFp16AndTiesGoToTheLowerIndex) {
    // 1 + 2^-12 is 1 in FP16: a tie, which the earlier of the two wins.
    const float a = 1;
    const float b = 1 + 0x1p-12F;
    EXPECT_DOUBLE_EQ(*kept_share(std::vector<float>{a, b}, {1, 2, 1}, {1, 2}, Stage::FF),
                     1 / (1 + static_cast<double>(b) * static_cast<double>(b)));
}

TEST(KeptShare, NothingToShare) {
    EXPECT_FALSE(kept_share(std::vector<float>{0, 0}, {1, 2, 1}, {1, 2}, Stage::FF));
    EXPECT_FALSE(kept_share(std::vector<float>{1, NAN}, {1, 2, 1}, {1, 2}, Stage::FF));
}

class SurveyOfAFile : public ::testing::Test {
  protected:
    void SetUp() override {
        path_ = std::filesystem::path(::testing::TempDir()) / "satsim_survey_test.safetensors";
        const auto document = nlohmann::json::parse(R"({"name": "n", "source": "test",
            "input": {"channels": 3, "height": 4, "width": 4}, "batch": 1, "layers": [
            {"name": "c1", "kind": "conv", "out": 8, "kernel": 1, "bias": true},
            {"name": "c2", "kind": "conv", "out": 8, "kernel": 1, "groups": 2},
            {"name": "bn", "kind": "batchnorm"}, {"name": "loss", "kind": "loss"}]})");
        network_ = parse_network(document, "n.json");
    }
    void TearDown() override { std::filesystem::remove(path_); }

    // Every tensor of the network but `without`, all elements 1; `extra` beside them.
    void write(const std::string& without = "", const std::string& extra = "", const char* dtype = "F32") {
        std::vector<Tensor> tensors;
        for (const Layer& layer : network_.layers) {
            for (const LayerTensor& tensor : tensors_of(layer)) {
                if (tensor.name != without) tensors.push_back({tensor.name, dtype, tensor.shape});
            }
        }
        if (!extra.empty()) tensors.push_back({extra, dtype, {1}});
        std::ofstream out(path_, std::ios::binary);
        out << make_header(tensors, {});
        const std::vector<float> ones(tensors.back().end / sizeof(float), 1);
        out.write(reinterpret_cast<const char*>(ones.data()),
                  static_cast<std::streamsize>(tensors.back().end));
    }
    std::string refusal() {
        try {
            (void)survey(network_, SafetensorsFile(path_));
        } catch (const InputError& error) {
            return error.what();
        }
        return "";
    }

    std::filesystem::path path_;
    Network network_;
};

TEST_F(SurveyOfAFile, SaysWhatRecipesKeepDense) {
    write();
    const std::vector<MatrixSurvey> found = survey(network_, SafetensorsFile(path_));
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[1].shape, (std::vector<std::int64_t>{2, 1, 4, 4}));
    EXPECT_EQ(found[0].zeros, 0);
    ASSERT_EQ(found[0].kept.size(), 6U);
    // Three inputs, and nothing trained below them.
    EXPECT_EQ(found[0].kept[0].dense_reason, "reduction dimension 3 below M");
    EXPECT_TRUE(found[0].kept[1].absent);
    // Four channels a group: 2:4 halves, groups of eight are longer.
    EXPECT_DOUBLE_EQ(*found[1].kept[0].share, 0.5);
    EXPECT_DOUBLE_EQ(*found[1].kept[1].share, 0.5);
    EXPECT_EQ(found[1].kept[2].dense_reason, "reduction dimension 4 below M");
    EXPECT_FALSE(found[1].kept[5].share);
}

TEST_F(SurveyOfAFile, MustFitTheNetwork) {
    write("bn.running_mean");
    EXPECT_EQ(refusal(), "");
    write("c2.weight");
    EXPECT_NE(refusal().find("/c2.weight: is missing, expected a tensor of 2x1x4x4"), std::string::npos);
    write("c1.bias");
    EXPECT_NE(refusal().find("/c1.bias: is missing"), std::string::npos);
    write("", "c3.weight");
    EXPECT_NE(refusal().find("/c3.weight: belongs to no layer of network n"), std::string::npos);
    write("", "", "I32");
    EXPECT_NE(refusal().find("is I32 of 1x3x8, expected F32 of 1x3x8"), std::string::npos);
}

}  // namespace
}  // namespace satsim::weights
