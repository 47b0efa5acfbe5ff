// The multimodal networks and language models that come along, against figures worked out elsewhere.
#include <gtest/gtest.h>

#include <cmath>

#include "runtime/support/error.hpp"
#include "runtime/workload/network.hpp"

namespace satsim {
namespace {

Network model(const std::string& name, const std::string& set = "", const Bindings& parameters = {}) {
    NetworkOptions options;
    options.set = set;
    options.parameters = parameters;
    return load_network(std::string(SATSIM_SOURCE_DIR) + "/models/networks/" + name + ".json", options);
}

// Parameters of what lies in `module`.
std::int64_t parameters_of(const Network& network, std::string_view module) {
    std::int64_t sum = 0;
    for (const Layer& layer : network.layers)
        if (network.lies_in(layer, module)) sum += layer.repeat * layer.parameters();
    return sum;
}

// Multiply-accumulates with weights, of one position of the main stream.
double linear_macs(const Network& network) {
    double sum = 0;
    for (const Layer& layer : network.layers)
        sum += static_cast<double>(layer.repeat * layer.items * layer.weight_macs());
    return sum / static_cast<double>(network.tokens);
}

struct Decoder {
    const char* set;
    double parameters;  // 10^9, as rounded where they were worked out
    double macs;        // 10^9 a token, all projections and the head; 0: not worked out
};
class Decoders : public testing::TestWithParam<Decoder> {};

double half_a_digit(double rounded) {
    return rounded < 1 ? 0.0006 : rounded < 20 ? 0.0006 : rounded < 100 ? 0.0051 : 0.051;
}

TEST_P(Decoders, HaveTheirPublishedSizes) {
    const auto& [set, parameters, macs] = GetParam();
    const Network network = model("decoder", set);
    EXPECT_NEAR(static_cast<double>(network.parameters()) / 1e9, parameters, half_a_digit(parameters));
    if (macs > 0) {
        EXPECT_NEAR(linear_macs(network) / 1e9, macs, half_a_digit(macs));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Published, Decoders,
    testing::Values(Decoder{"internlm2.5-7b", 7.738, 7.358}, Decoder{"qwen2.5-1.5b", 1.544, 1.544},
                    Decoder{"qwen2.5-7b", 7.616, 7.070}, Decoder{"qwen2.5-0.5b", 0.494, 0},
                    Decoder{"yi-6b", 6.061, 0}, Decoder{"mio-7b", 6.162, 5.849},
                    Decoder{"glm-4-9b", 9.400, 0}, Decoder{"glm-4-voice-9b", 9.543, 8.850},
                    Decoder{"phi-3-mini", 3.821, 3.722}, Decoder{"llada-8b", 8.016, 7.497},
                    Decoder{"gemma-2-2b", 2.614, 2.614}, Decoder{"llama-60m", 0.058, 0},
                    Decoder{"llama-130m", 0.134, 0.110}, Decoder{"llama-350m", 0.368, 0.335},
                    Decoder{"llama-1b", 1.339, 1.273}, Decoder{"llama-7b", 6.738, 6.607},
                    Decoder{"llama2-7b", 6.738, 6.607}, Decoder{"llama2-13b", 13.016, 12.852},
                    Decoder{"llama2-70b", 68.977, 68.713}, Decoder{"llama3-8b", 8.030, 7.505},
                    Decoder{"mistral-7b-v0.3", 7.248, 7.114}, Decoder{"mixtral-8x7b", 46.70, 0},
                    Decoder{"mixtral-8x22b", 140.63, 0}, Decoder{"starcoder-15b", 15.517, 15.464},
                    Decoder{"gpt2-124m", 0.124, 0}, Decoder{"opt-125m", 0.125, 0},
                    Decoder{"opt-1.3b", 1.316, 0}, Decoder{"opt-13b", 12.853, 0},
                    Decoder{"qwen3-0.6b", 0.596, 0}, Decoder{"megatron-145b", 145.6, 0},
                    Decoder{"megatron-175b", 174.6, 0}, Decoder{"megatron-530b", 529.6, 0},
                    Decoder{"megatron-1t", 1008.0, 0}),
    [](const auto& instance) {
        std::string name = instance.param.set;
        for (char& c : name)
            if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
        return name;
    });

// Published counts include the embedding of the condition, a class of ImageNet or none, which the decoder
// lacks.
TEST(Decoders, LlamaGenAndItsConditionHaveThePublishedSizes) {
    constexpr std::int64_t kClasses = 1000 + 1;
    struct Published {
        const char* set;
        std::int64_t width;
        double parameters;  // 10^9
        double rounding;
    };
    for (const Published& each : {Published{"llamagen-b", 768, 0.111, 0.0005},
                                  {"llamagen-l", 1024, 0.343, 0.0005},
                                  {"llamagen-xl", 1280, 0.775, 0.0005},
                                  {"llamagen-xxl", 1536, 1.4, 0.05},
                                  {"llamagen-3b", 3200, 3.1, 0.05},
                                  {"llamagen-7b", 4096, 6.6, 0.05}}) {
        const std::int64_t whole = model("decoder", each.set).parameters() + kClasses * each.width;
        EXPECT_NEAR(static_cast<double>(whole) / 1e9, each.parameters, each.rounding) << each.set;
    }
}

// Two norms, four projections and a gated MLP a layer, a last norm, embedding and head: sets that nobody
// published a count of more digits for.
TEST(Decoders, GatedOnesFollowFromTheirStructure) {
    struct Sizes {
        const char* set;
        std::int64_t layers, width, key_width, ffn, vocab;
    };
    for (const Sizes& s : {Sizes{"llama-250m", 24, 768, 768, 2560, 32000},
                           {"llama-3b", 32, 2560, 2560, 6848, 32000},
                           {"mistral-7b-v0.1", 32, 4096, 1024, 14336, 32000},
                           {"ast-llama2-370m", 24, 1024, 1024, 2816, 32000},
                           {"ast-llama2-1.3b", 24, 2048, 2048, 5504, 32000}}) {
        const std::int64_t layer = 2 * s.width * (s.width + s.key_width) + 3 * s.width * s.ffn + 2 * s.width;
        EXPECT_EQ(model("decoder", s.set).parameters(), s.layers * layer + s.width + 2 * s.vocab * s.width)
            << s.set;
    }
}

// GPT-2's kind of layer: four projections and an MLP of four widths, all with biases, two norms; a table of
// positions, and a head that reads the embedding.
TEST(Decoders, PlainOnesFollowFromTheirStructure) {
    struct Sizes {
        const char* set;
        std::int64_t layers, width, vocab, positions;
    };
    for (const Sizes& s : {Sizes{"opt-2.7b", 32, 2560, 50272, 2050},
                           {"opt-6.7b", 32, 4096, 50272, 2050},
                           {"opt-30b", 48, 7168, 50272, 2050},
                           {"opt-66b", 64, 9216, 50272, 2050},
                           {"megatron-1.7b", 24, 2304, 51200, 2048},
                           {"megatron-3.6b", 30, 3072, 51200, 2048},
                           {"megatron-7.5b", 36, 4096, 51200, 2048},
                           {"megatron-18b", 40, 6144, 51200, 2048},
                           {"megatron-39b", 48, 8192, 51200, 2048},
                           {"megatron-76b", 60, 10240, 51200, 2048},
                           {"megatron-310b", 96, 16384, 51200, 2048}}) {
        const std::int64_t layer = 12 * s.width * s.width + (4 + 4 + 1) * s.width + 2 * 2 * s.width;
        EXPECT_EQ(model("decoder", s.set).parameters(),
                  s.layers * layer + 2 * s.width + (s.vocab + s.positions) * s.width)
            << s.set;
    }
}

TEST(Decoders, EverySetCanBeBuilt) {
    const std::string file = std::string(SATSIM_SOURCE_DIR) + "/models/networks/decoder.json";
    const std::vector<std::string> sets = parameter_sets(file);
    EXPECT_GE(sets.size(), 60U);
    for (const std::string& set : sets) EXPECT_GT(model("decoder", set).parameters(), 0) << set;
    EXPECT_NEAR(static_cast<double>(model("decoder", "flexsp-gpt-7b").parameters()) / 1e9, 7.72, 0.006);
}

TEST(Armor, ConsistsOfWhatThePaperNames) {
    const Network armor = model("armor-8b");
    EXPECT_NEAR(static_cast<double>(parameters_of(armor, "vision_tower")) / 1e6, 304, 1.5);
    // 24 layers of 1024, their heads and scales, patches and 1025 positions, counted by hand.
    EXPECT_EQ(parameters_of(armor, "vision_tower"),
              24 * (4 * 1024 * 1024 + 4 * 1024 + 8 * 1024 * 1024 + 5 * 1024 + 4 * 1024 + 2 * 1024) +
                  (3 * 196 + 1) * 1024 + 1025 * 1024 + 1024);
    EXPECT_EQ(parameters_of(armor, "projector"), 2 * 4096 + 2 * (4096 * 4096 + 4096));
    // InternLM2.5-7B without embedding and head.
    const Network decoder = model("decoder", "internlm2.5-7b");
    EXPECT_EQ(parameters_of(armor, "decoder"), parameters_of(decoder, "llm"));
    EXPECT_EQ(parameters_of(armor, "code_embedding"), 8195 * 4096);
    EXPECT_EQ(parameters_of(armor, "text_head"), (92553 + 1) * std::int64_t{4096});
    EXPECT_EQ(parameters_of(armor, "visual_head"), 8194 * 4096);
    EXPECT_EQ(model("armor-8b", "", {{"adapter_layers", 3}}).parameters() - armor.parameters(),
              2 * parameters_of(armor, "adapter"));
}

TEST(Armor, SiblingsHaveTheSameStructure) {
    const Network armor = model("armor-8b");
    for (const auto& [set, low, high] : {std::tuple{"armor-1b", 0.8e9, 1.3e9}, {"armor-tiny", 2e6, 9e6}}) {
        const Network sibling = model("armor-8b", set);
        const auto parameters = static_cast<double>(sibling.parameters());
        EXPECT_GT(parameters, low) << set;
        EXPECT_LT(parameters, high) << set;
        ASSERT_EQ(sibling.modules.size(), armor.modules.size()) << set;
        for (std::size_t i = 1; i < armor.modules.size(); ++i)
            EXPECT_EQ(sibling.modules[i].path, armor.modules[i].path);
    }
}

TEST(Armor, CostFollowsThePositions) {
    const auto macs = [](const Bindings& parameters) {
        return model("armor-8b", "", parameters).forward_macs();
    };
    const Macs usual = macs({});
    EXPECT_LT(macs({{"tiles", 12}}), usual);
    const Network text = model("armor-8b", "", {{"tiles", 0}, {"images", 0}});
    for (const Layer& layer : text.layers) {
        const bool only_images = text.lies_in(layer, "vision_tower") || text.lies_in(layer, "projector") ||
                                 text.lies_in(layer, "visual_head") || text.lies_in(layer, "adapter") ||
                                 text.lies_in(layer, "vq_decoder");
        if (only_images && layer.kind != LayerKind::Parameter) {
            EXPECT_EQ(layer.items, 0) << layer.name;
        }
    }
    EXPECT_EQ(text.parameters(), model("armor-8b").parameters());
}

TEST(Multimodal, TowersHaveTheirPublishedSizes) {
    const auto millions = [](const char* network, const char* module) {
        return static_cast<double>(parameters_of(model(network), module)) / 1e6;
    };
    EXPECT_NEAR(millions("open-qwen2vl", "vision_tower"), 412, 1.5);
    EXPECT_NEAR(millions("livecc", "vision_tower") + millions("livecc", "merger"), 676, 1.5);
    EXPECT_NEAR(millions("mio", "image_encoder"), 986, 10);
    EXPECT_NEAR(millions("mio", "llm") + 2 * 76294 * 4096 / 1e6, 6162, 1);
    EXPECT_NEAR(millions("videochat-online", "llm") + 2 * 32064 * 3072 / 1e6, 3821, 1);
    EXPECT_NEAR(millions("open-qwen2vl", "llm") + 151936 * 1536 / 1e6, 1544, 1);
    // Two weight sets of Qwen2.5-7B's layers.
    const double one = static_cast<double>(parameters_of(model("decoder", "qwen2.5-7b"), "llm.block")) / 1e6;
    EXPECT_NEAR(millions("bagel", "block"), 2 * one, 1);
}

}  // namespace
}  // namespace satsim
