#include "runtime/sample/sample.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "runtime/sample/corpus.hpp"
#include "runtime/support/error.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim::sample {
namespace {

const std::string kModels = std::string(SATSIM_SOURCE_DIR) + "/models";
const Sizes kSizes{1000, 16, 25};

Network armor(const NetworkOptions& options) {
    return load_network(kModels + "/networks/armor-8b.json", options);
}

TEST(Samples, SegmentsBecomePositions) {
    const std::vector<Document> documents = parse_documents(
        "{\"segments\": [{\"text\": 100}, {\"image\": 2}, {\"generate\": 1}, {\"text\": 5}]}\n\n"
        "{\"segments\": [{\"text\": 7}]}\n{\"segments\": [{\"text\": 7}], \"id\": \"b\"}",
        "s.jsonl", kSizes);
    ASSERT_EQ(documents.size(), 3U);
    const Packed packed = pack(documents, kSizes);
    EXPECT_EQ(packed.documents, (std::vector<Span>{{100 + 32 + 27 + 5, 164, 1}, {7, 7, 2}}));
    EXPECT_EQ(packed.code_documents, (std::vector<Span>{{26, 26, 1}}));
    EXPECT_EQ(packed.used, 164 + 14);
    EXPECT_EQ(packed.tiles, 2);
    EXPECT_EQ(packed.images, 1);
    // Every position but those of tiles is predicted from, by one of the heads.
    EXPECT_EQ(packed.text_targets + packed.code_targets, packed.used - 32);
}

struct Bad {
    const char* name;
    const char* text;
    const char* expected;
};
class BadSample : public testing::TestWithParam<Bad> {};

TEST_P(BadSample, IsRefusedWithItsLine) {
    try {
        (void)parse_documents(GetParam().text, "s.jsonl", {1000, 0, 0});
        FAIL() << "accepted";
    } catch (const InputError& error) {
        const std::string message = error.what();
        EXPECT_EQ(message.rfind("s.jsonl", 0), 0U) << message;
        EXPECT_NE(message.find(GetParam().expected), std::string::npos) << message;
        EXPECT_EQ(message.find('\n'), std::string::npos);
    }
}
INSTANTIATE_TEST_SUITE_P(
    Inputs, BadSample,
    testing::Values(
        Bad{"Empty", "\n\n", "has no documents"}, Bad{"Malformed", "{\"segments\": [", "line 1: "},
        Bad{"LongerThanTheContext",
            "{\"segments\": [{\"text\": 600}]}\n{\"segments\": [{\"text\": 3}, {\"text\": 600}]}",
            "line 2: /segments/1: makes the sample 1203 positions long, expected at most the context of "
            "1000"},
        Bad{"ImageInText", "{\"segments\": [{\"image\": 1}]}", "line 1: /segments/0/image: is an image"},
        Bad{"GeneratesInText", "{\"segments\": [{\"generate\": 1}]}", "/segments/0/generate"},
        Bad{"TwoAtOnce", "{\"segments\": [{\"text\": 1, \"image\": 1}]}", "/segments/0: has other fields"},
        Bad{"Negative", "{\"segments\": [{\"text\": -1}]}", "/segments/0/text: is -1"},
        Bad{"NoSegments", "{\"segments\": []}", "/segments: has 0 elements"}),
    [](const auto& instance) { return instance.param.name; });

TEST(Corpora, AreTheSameForASeedAndFillTheContext) {
    for (const char* name : {"omnicorpus", "obelics", "mmc4", "moscar", "multimodal-textbook"}) {
        const Corpus corpus = load_corpus(kModels + "/corpora/" + name + ".json");
        const Sizes sizes{16384, 256, 256};
        const std::vector<Document> once = draw_documents(corpus, 3, sizes);
        EXPECT_EQ(once, draw_documents(corpus, 3, sizes));
        EXPECT_NE(once, draw_documents(corpus, 4, sizes));
        const Packed packed = pack(once, sizes);
        EXPECT_LE(packed.used, sizes.context);
        EXPECT_GT(packed.used, sizes.context - sizes.drawn_positions());  // less than an image is left
    }
}

// Means of many samples of a network's context are the profile's, documents counted before they are cut.
TEST(Corpora, HaveTheirMeansInAContext) {
    for (const char* name : {"omnicorpus", "obelics", "mmc4", "moscar", "multimodal-textbook"}) {
        const Corpus corpus = load_corpus(kModels + "/corpora/" + name + ".json");
        const Sizes sizes{16384, 256, 256};
        double documents = 0;
        double images = 0;
        double text = 0;
        for (std::uint64_t seed = 1; documents < 40000; ++seed) {
            for (const Document& document : draw_whole_documents(corpus, seed, sizes)) {
                ++documents;
                for (const Segment& segment : document) {
                    const bool words = segment.kind == Segment::Kind::Text;
                    (words ? text : images) += words ? static_cast<double>(segment.size) : 1;
                }
            }
        }
        EXPECT_NEAR(images / documents, corpus.images.value, 0.03 * corpus.images.value) << name;
        EXPECT_NEAR(text / documents, corpus.tokens.value, 0.03 * corpus.tokens.value) << name;
    }
}

// What is packed is what was drawn, but for the last document: its first part, to the end of the context.
TEST(Corpora, AreCutWhereTheContextEnds) {
    const Corpus corpus = load_corpus(kModels + "/corpora/omnicorpus.json");
    const Sizes sizes{16384, 256, 256};
    const auto total = [&](const std::vector<Document>& documents) {
        std::int64_t length = 0;
        for (const Document& document : documents) length += length_of(document, sizes);
        return length;
    };
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        std::vector<Document> whole = draw_whole_documents(corpus, seed, sizes);
        std::vector<Document> packed = draw_documents(corpus, seed, sizes);
        EXPECT_GE(total(whole), sizes.context);
        EXPECT_LE(total(packed), sizes.context);
        const Document last = whole.back();
        whole.pop_back();
        EXPECT_LT(total(whole), sizes.context);
        if (packed.size() > whole.size()) {
            const Document& part = packed.back();
            ASSERT_LE(part.size(), last.size());
            for (std::size_t i = 0; i < part.size(); ++i) {
                EXPECT_EQ(part[i].kind, last[i].kind);
                EXPECT_TRUE(part[i].size == last[i].size || i + 1 == part.size());
                EXPECT_LE(part[i].size, last[i].size);
            }
            packed.pop_back();
        }
        EXPECT_EQ(packed, whole) << seed;
    }
}

// The network with a sample of text alone.
Network of_text(const std::string& name, const std::string& set) {
    const std::string file = kModels + "/networks/" + name + ".json";
    NetworkOptions options;
    options.set = set;
    const Sizes sizes = sizes_of(load_network(file, options));
    apply(pack({{{Segment::Kind::Text, sizes.context}}}, sizes), sizes, "text", options);
    return load_network(file, options);
}

TEST(Samples, DescribeEveryPositionOrAreRefused) {
    for (const auto& [name, set] :
         std::vector<std::pair<std::string, std::string>>{{"armor-8b", ""},
                                                          {"armor-8b", "armor-tiny"},
                                                          {"open-qwen2vl", ""},
                                                          {"mio", ""},
                                                          {"decoder", "llama-60m"}})
        EXPECT_NO_THROW(require_described(of_text(name, set), "--sample s")) << name << set;
    for (const auto& [name, what] : std::vector<std::pair<std::string, std::string>>{
             {"livecc", "the 12000 positions that merger.fc2 puts into stream of network livecc"},
             {"videochat-online", "the 2048 positions that near puts into stream"},
             {"bagel", "the 16384 positions that latent_in puts into stream"}}) {
        try {
            require_described(of_text(name, ""), "--sample s");
            FAIL() << name;
        } catch (const InputError& error) {
            const std::string message = error.what();
            EXPECT_EQ(message.rfind("--sample s: does not describe " + what, 0), 0U) << message;
        }
    }
}

TEST(Armor, TakesItsSizesFromTheSample) {
    NetworkOptions options;
    const Sizes sizes = sizes_of(armor(options));
    EXPECT_EQ(sizes.context, 16384);
    EXPECT_EQ(sizes.tile_tokens, 256);
    EXPECT_EQ(sizes.codes, 256);
    const Packed packed =
        pack(draw_documents(load_corpus(kModels + "/corpora/omnicorpus.json"), 1, sizes), sizes);
    apply(packed, sizes, "omnicorpus, seed 1", options);
    const Network network = armor(options);
    for (const Layer& layer : network.layers) {
        if (layer.path == "vision_tower.patch") {
            EXPECT_EQ(layer.items, packed.tiles);
        }
        if (layer.path == "text_head") {
            EXPECT_EQ(layer.in.width, packed.text_targets);
        }
        if (layer.path == "visual_head") {
            EXPECT_EQ(layer.in.width, packed.code_targets);
        }
        if (layer.path == "decoder.block.attend") {
            EXPECT_EQ(layer.spans, packed.documents);
        }
        if (layer.path == "adapter.block.attend") {
            EXPECT_EQ(layer.spans, packed.code_documents);
        }
    }
    // Documents that see only themselves cost less than one that fills the context.
    NetworkOptions whole = options;
    whole.spans.erase("documents");
    EXPECT_LT(network.forward_macs(), armor(whole).forward_macs());
}

TEST(Armor, StepsOfTextAloneAndOfImagesAloneCanBeMade) {
    for (const char* line :
         {"{\"segments\": [{\"text\": 60}]}", "{\"segments\": [{\"image\": 4}, {\"text\": 1}]}",
          "{\"segments\": [{\"generate\": 3}]}"}) {
        NetworkOptions options;
        options.set = "armor-tiny";
        const Sizes sizes = sizes_of(armor(options));
        apply(pack(parse_documents(line, "s", sizes), sizes), sizes, "s", options);
        for (const char* recipe : {"wohg-3+bdwp-2:8", "full"}) {
            const TrainingStep step = make_training_step(armor(options), load_recipe(recipe, kModels));
            EXPECT_GT(step.tasks.size(), 20U) << line;
            for (const Task& task : step.tasks) {
                const auto* gemm = std::get_if<GemmTask>(&task);
                EXPECT_TRUE(gemm == nullptr || gemm->dense_macs() > 0) << line;
                const auto* vector = std::get_if<VectorTask>(&task);
                EXPECT_TRUE(vector == nullptr || vector->elements > 0) << line << vector->layer;
            }
        }
    }
}

}  // namespace
}  // namespace satsim::sample
