// What is said of a step that does not fit: the fewest micro-batches, and nothing that is on already.
#include "runtime/dispatch/capacity.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runtime/workload/training_step.hpp"

namespace satsim {
namespace {

// Two linear layers of 64 x 64 = 4096 weights, dense, with momentum. Of each weight 4 bytes FP32 and 4 of
// state; 2 for FF, and of b 2 for BP (a hands no gradient down); with micro-batches 4 of gradient for each,
// without for those of one layer.
constexpr Bytes kWeights = 8192 * (4 + 4 + 2) + 4096 * 2;
constexpr Bytes kAllGradients = 8192 * 4;
constexpr Bytes kOneGradient = 4096 * 4;
// A sample: FP16 input, outputs of a, b and the loss that are read again, and two gradients, 64 values each.
constexpr Bytes kSample = (4 + 2) * 64 * 2;
constexpr std::int64_t kBatch = 120;

Network two_layers(bool repeated = false) {
    nlohmann::json layers = nlohmann::json::array();
    for (const char* name : {"a", "b"}) layers.push_back({{"name", name}, {"kind", "linear"}, {"out", 64}});
    nlohmann::json document = {{"name", "two"},
                               {"source", "test"},
                               {"batch", kBatch},
                               {"input", {{"channels", 64}, {"height", 1}, {"width", 1}}}};
    if (repeated) {
        document["modules"] = {{"pair", {{"layers", layers}}}};
        layers = {{{"module", "pair"}, {"name", "m"}, {"repeat", 8}}};
    }
    layers.push_back({{"name", "loss"}, {"kind", "loss"}});
    document["layers"] = layers;
    return parse_network(document, "test");
}

Bytes in_parts(std::int64_t parts) {
    return kWeights + kAllGradients + kSample * kBatch / parts;
}

std::string advice(const Network& network, const Recipe& recipe, Bytes capacity) {
    return plan_memory(network, recipe, make_training_step(network, recipe), capacity).advice;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(Capacity, TheFewestMicroBatchesThatFitAreProposed) {
    const Network network = two_layers();
    Recipe recipe;
    const TrainingStep whole = make_training_step(network, recipe);
    ASSERT_EQ(footprint_of(network, recipe, whole).total(), kWeights + kOneGradient + kSample * kBatch);
    recipe.micro_batches = 5;
    ASSERT_EQ(footprint_of(network, recipe, make_training_step(network, recipe)).total(), in_parts(5));
    recipe.micro_batches = 1;
    for (const auto& [capacity, parts] :
         std::vector<std::pair<Bytes, int>>{{in_parts(2), 2},
                                            {in_parts(2) - 1, 3},
                                            {in_parts(5), 5},
                                            {in_parts(5) - 1, 6},
                                            {in_parts(7), 8},  // 7 does not divide 120
                                            {in_parts(120), 120}}) {
        EXPECT_EQ(advice(network, recipe, capacity),
                  "a smaller --batch, \"micro_batches\": " + std::to_string(parts) + " (0.0 GiB)");
    }
    // Where as many as there are samples are not enough, machines are counted with that many.
    EXPECT_TRUE(contains(advice(network, recipe, in_parts(120) - 1),
                         "or at least 2 such machines with \"micro_batches\": 120 ("));
}

TEST(Capacity, OfMoreMicroBatchesThanThereAre) {
    const Network network = two_layers();
    Recipe recipe;
    recipe.micro_batches = 4;
    EXPECT_TRUE(contains(advice(network, recipe, in_parts(5)), "\"micro_batches\": 5 ("));
    EXPECT_TRUE(contains(advice(network, recipe, in_parts(5) - 1), "\"micro_batches\": 6 ("));
    recipe.micro_batches = kBatch;
    EXPECT_FALSE(contains(advice(network, recipe, 1000), "micro_batches"));
}

TEST(Capacity, BothRemediesOnlyWhereNeitherIsEnough) {
    const Network network = two_layers(true);
    const Recipe plain;
    const TrainingStep step = make_training_step(network, plain);
    Recipe recomputing;
    recomputing.recompute = Recompute::Modules;
    const Bytes again = footprint_of(network, recomputing, make_training_step(network, recomputing)).total();
    ASSERT_LT(again, footprint_of(network, plain, step).total());
    const std::string enough = advice(network, plain, again);
    EXPECT_TRUE(contains(enough, "a recipe joined by +recompute (")) << enough;
    EXPECT_FALSE(contains(enough, "+recompute and")) << enough;
    // Attention's recomputation is a value of the same field: joining would contradict it.
    Recipe attention;
    attention.recompute = Recompute::Attention;
    const std::string other = advice(network, attention, again);
    EXPECT_TRUE(contains(other, "\"recompute\": \"modules\" (")) << other;
    EXPECT_FALSE(contains(other, "+recompute")) << other;
}

TEST(Capacity, WhatIsOnAlreadyIsNotProposed) {
    using Words = std::vector<std::string>;
    const Network network = two_layers(true);
    const auto words = [&network](const Recipe& recipe, std::int64_t batch) {
        return what_would_need_less(network, recipe, make_training_step(network, recipe, batch));
    };
    const std::string batch = "a smaller --batch";
    const std::string again = "a recipe joined by +recompute";
    constexpr std::int64_t kLarge = 1200;
    Recipe recipe;
    EXPECT_EQ(words(recipe, kLarge), (Words{batch, again, "\"micro_batches\""}));
    recipe.micro_batches = 4;
    EXPECT_EQ(words(recipe, kLarge), (Words{batch, again, "more \"micro_batches\" than 4"}));
    recipe.micro_batches = kLarge;
    EXPECT_EQ(words(recipe, kLarge), (Words{batch, again}));
    recipe.recompute = Recompute::Modules;
    EXPECT_EQ(words(recipe, kLarge), (Words{batch}));
    recipe.micro_batches = 1;
    EXPECT_EQ(words(recipe, 1), Words{});
    // All the gradients of a small batch take more than the activations of its parts leave.
    EXPECT_EQ(words(recipe, 2), (Words{batch}));
}

}  // namespace
}  // namespace satsim
