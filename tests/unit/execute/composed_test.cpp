// Layers that hold several others within against networks that write these out, with the same weights: in
// every bit, also when a second step reads the copies that the first one's update left.
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/execute/support.hpp"

namespace satsim::execute {
namespace {

using nlohmann::json;
using test::network_of;

struct Both {
    Network whole;
    Network parts;
    // Gives the store of `parts` the weights of that of `whole`.
    std::function<void(const Store& whole, Store& parts)> share;
    // Compares what the steps have left.
    std::function<void(const Store& whole, const Store& parts)> compare;
};

// Columns [first, first + count) of rows of `width`.
Values columns(const Values& from, std::size_t width, std::size_t first, std::size_t count) {
    Values part;
    for (std::size_t row = 0; row < from.size(); row += width)
        for (std::size_t c = first; c < first + count; ++c) part.push_back(from[row + c]);
    return part;
}
Values range(const Values& from, std::size_t first, std::size_t count) {
    return columns(from, from.size(), first, count);
}

void run_and_compare(const Both& both, const Recipe& recipe, const std::vector<Engine*>& engines) {
    const auto step = [&](const Network& network, Store& store, int number) {
        schedule::Hyperparameters hyper;
        hyper.sr_ste_decay = 0.25F;
        hyper.step = number;
        const TrainingStep tasks = make_training_step(network, recipe, store.samples());
        execute_step(network, recipe, tasks, test::first_placement(tasks, engines), engines, store, hyper);
    };
    Store whole(both.whole, 2, 3);
    Store parts(both.parts, 2, 3);
    parts.inputs = whole.inputs;
    parts.output_gradients.back() = whole.output_gradients.back();
    both.share(whole, parts);
    for (int number = 1; number <= 2; ++number) {
        step(both.whole, whole, number);
        step(both.parts, parts, number);
        EXPECT_EQ(whole.layers.back().out, parts.layers.back().out) << "step " << number;
        EXPECT_EQ(whole.layers[0].gradient, parts.layers[0].gradient) << "step " << number;
        both.compare(whole, parts);
    }
}

void run_and_compare(const Both& both, const Recipe& recipe) {
    CpuEngine cpu;
    SatFunctionalEngine sat(test::small_machine());
    run_and_compare(both, recipe, {&cpu, &cpu});
    run_and_compare(both, recipe, {&sat, &cpu});
}

// Features: a multiple of every group, none of three times it, fewer than a group has.
class OlderAttention : public testing::TestWithParam<std::tuple<int, const char*>> {};

TEST_P(OlderAttention, IsItsProjectionsAndAttend) {
    const int d = std::get<0>(GetParam());
    const auto layers = [d](const std::string& rest) {
        return network_of(json::parse(R"([{"kind": "linear", "out": )" + std::to_string(d) +
                                      R"(, "name": "x"},)" + rest + "]"),
                          {8, 1, 5});
    };
    const auto slice = [d](const char* name, int number) {
        return R"({"kind": "slice", "from": "qkv", "axis": "channels", "name": ")" + std::string(name) +
               R"(", "start": )" + std::to_string(number * d) + R"(, "size": )" + std::to_string(d) + "},";
    };
    const auto size = static_cast<std::size_t>(d);
    const std::string out = R"(, "bias": true, "out": )";
    const Both both{
        layers(R"({"kind": "attention", "heads": 2, "bias": true})"),
        layers(R"({"kind": "linear", "name": "qkv")" + out + std::to_string(3 * d) + "}," + slice("q", 0) +
               slice("k", 1) + slice("v", 2) +
               R"({"kind": "attend", "from": "q", "with": ["k", "v"], "heads": 2, "kv_heads": 2},
                  {"kind": "linear", "name": "out")" +
               out + std::to_string(d) + "}"),
        [size](const Store& whole, Store& parts) {
            const LayerWeights& all = whole.weights[1];
            parts.weights[0] = whole.weights[0];
            parts.weights[1].matrix.master = columns(all.matrix.master, 4 * size, 0, 3 * size);
            parts.weights[1].others.master = range(all.others.master, 0, 3 * size);
            parts.weights[6].matrix.master = columns(all.matrix.master, 4 * size, 3 * size, size);
            parts.weights[6].others.master = range(all.others.master, 3 * size, size);
        },
        [size](const Store& whole, const Store& parts) {
            const LayerWeights& all = whole.weights[1];
            for (Values Parameter::*values : {&Parameter::gradient, &Parameter::master, &Parameter::first}) {
                const Values& matrix = all.matrix.*values;
                EXPECT_EQ(columns(matrix, 4 * size, 0, 3 * size), parts.weights[1].matrix.*values);
                EXPECT_EQ(columns(matrix, 4 * size, 3 * size, size), parts.weights[6].matrix.*values);
                EXPECT_EQ(range(all.others.*values, 0, 3 * size), parts.weights[1].others.*values);
                EXPECT_EQ(range(all.others.*values, 3 * size, size), parts.weights[6].others.*values);
            }
        }};
    run_and_compare(both, load_recipe(std::get<1>(GetParam()), test::kModels));
}
INSTANTIATE_TEST_SUITE_P(Kinds, OlderAttention,
                         testing::Combine(testing::Values(16, 20, 4),
                                          testing::Values("dense", "bdwp-2:8", "bdwp-1:2", "sr-ste-2:8")));

// Sets of unequal shares, one of them without positions.
class Sets : public testing::TestWithParam<const char*> {};

TEST_P(Sets, AreLayersOfTheirPositions) {
    constexpr std::size_t kIn = 16;
    constexpr std::size_t kOut = 24;
    const auto layers = [](const std::string& rest) {
        return network_of(json::parse(R"([{"kind": "linear", "out": 16, "name": "x"},)" + rest + "]"),
                          {8, 1, 7});
    };
    const auto part = [](const char* name, int first, int count) {
        return R"({"kind": "slice", "from": "x", "axis": "width", "start": )" + std::to_string(first) +
               R"(, "size": )" + std::to_string(count) +
               R"(}, {"kind": "linear", "out": 24, "bias": true, "name": ")" + name +
               R"("}, {"kind": "layernorm", "name": ")" + name + R"(_norm"},)";
    };
    const Both both{
        layers(R"({"kind": "linear", "out": 24, "bias": true, "sets": [2, 3, 0, 2]},
                  {"kind": "layernorm", "sets": [2, 3, 0, 2]})"),
        layers(part("a", 0, 2) + part("b", 2, 3) + part("c", 5, 2) +
               R"({"kind": "concat", "from": "a_norm", "with": ["b_norm", "c_norm"], "axis": "width"})"),
        [](const Store& whole, Store& parts) {
            parts.weights[0] = whole.weights[0];
            std::size_t layer = 2;
            for (const std::size_t set : {0U, 1U, 3U}) {
                parts.weights[layer].matrix.master =
                    range(whole.weights[1].matrix.master, set * kIn * kOut, kIn * kOut);
                parts.weights[layer].others.master = range(whole.weights[1].others.master, set * kOut, kOut);
                Values& norm = parts.weights[layer + 1].others.master;
                norm = range(whole.weights[2].others.master, set * kOut, kOut);
                const Values shift = range(whole.weights[2].others.master, (4 + set) * kOut, kOut);
                norm.insert(norm.end(), shift.begin(), shift.end());
                layer += 3;
            }
        },
        [](const Store& whole, const Store& parts) {
            std::size_t layer = 2;
            for (const std::size_t set : {0U, 1U, 3U}) {
                for (Values Parameter::*values :
                     {&Parameter::gradient, &Parameter::master, &Parameter::first}) {
                    EXPECT_EQ(range(whole.weights[1].matrix.*values, set * kIn * kOut, kIn * kOut),
                              parts.weights[layer].matrix.*values);
                    EXPECT_EQ(range(whole.weights[1].others.*values, set * kOut, kOut),
                              parts.weights[layer].others.*values);
                    EXPECT_EQ(range(whole.weights[2].others.*values, set * kOut, kOut),
                              range(parts.weights[layer + 1].others.*values, 0, kOut));
                    EXPECT_EQ(range(whole.weights[2].others.*values, (4 + set) * kOut, kOut),
                              range(parts.weights[layer + 1].others.*values, kOut, kOut));
                }
                layer += 3;
            }
            for (const double unused : range(whole.weights[1].matrix.gradient, 2 * kIn * kOut, kIn * kOut))
                EXPECT_EQ(unused, 0);
        }};
    run_and_compare(both, load_recipe(GetParam(), test::kModels));
}
INSTANTIATE_TEST_SUITE_P(Recipes, Sets, testing::Values("dense", "bdwp-2:8", "bdwp-1:2", "sr-ste-2:8"));

// ReLUs that the layer before applies against ReLUs by themselves.
TEST(FusedActivation, ChangesNoBit) {
    const Network fused = network_of(json::parse(R"([
        {"kind": "conv", "out": 8, "kernel": 3, "pad": 1, "name": "a", "bias": true}, {"kind": "relu"},
        {"kind": "conv", "out": 16, "kernel": 3, "pad": 1, "name": "b"}, {"kind": "batchnorm"},
        {"kind": "relu", "name": "kept"},
        {"kind": "conv", "out": 16, "kernel": 3, "pad": 1, "name": "c"}, {"kind": "batchnorm"},
        {"kind": "add", "with": "kept"}, {"kind": "relu"}])"),
                                     {8, 5, 6});
    Network apart = fused;
    int relus = 0;
    for (Layer& layer : apart.layers) {
        relus += layer.fused ? 1 : 0;
        layer.fused = layer.applies_relu = false;
    }
    ASSERT_EQ(relus, 3);
    const Both both{fused, apart,
                    [](const Store& whole, Store& parts) {
                        for (std::size_t i = 0; i < whole.weights.size(); ++i)
                            parts.weights[i] = whole.weights[i];
                    },
                    [](const Store& whole, const Store& parts) {
                        for (std::size_t i = 0; i < whole.weights.size(); ++i) {
                            EXPECT_EQ(whole.weights[i].matrix.master, parts.weights[i].matrix.master) << i;
                            EXPECT_EQ(whole.weights[i].others.master, parts.weights[i].others.master) << i;
                        }
                    }};
    run_and_compare(both, Recipe{});
    Recipe sparse;
    sparse.method = Method::Bdwp;
    sparse.nm = {2, 8};
    run_and_compare(both, sparse);
}

// A combination against the plain sum, and what several takings of one position add up to.
TEST(Experts, GetEveryPositionAsOftenAsTheirNumberSays) {
    const Network network = network_of(json::parse(R"([{"kind": "linear", "out": 8, "name": "a"},
        {"kind": "select", "positions": 18}, {"kind": "combine", "ways": 3}])"),
                                       {8, 1, 6});
    for (const std::int64_t micro_batches : {1, 2}) {
        Recipe parted;
        parted.micro_batches = micro_batches;
        const TrainingStep tasks = make_training_step(network, parted, 4);
        Store store(network, 4, 9, true);
        ReferenceEngine engine;
        execute_step(network, parted, tasks, std::vector<int>(tasks.tasks.size(), 0), {&engine}, store);
        // Every position comes back as itself but for the weights' rounding.
        const Values& combined = store.layers[2].out;
        const Values& before = store.layers[0].out;
        ASSERT_EQ(combined.size(), before.size());
        EXPECT_LT(test::distance(combined, before), 0x1p-10);
        EXPECT_GT(test::distance(combined, before), 0);
        EXPECT_LT(test::distance(store.layers[0].gradient, store.layers[2].gradient), 0x1p-10);
        const Values& weights = store.choices[2].weights;
        EXPECT_EQ(weights.size(), 4U * 18U);
        EXPECT_NE(Values(weights.begin(), weights.begin() + 18),
                  Values(weights.begin() + 18, weights.begin() + 36));
        EXPECT_TRUE(std::ranges::all_of(weights, [](double x) { return x > 0 && x < 1; }));
    }
}

}  // namespace
}  // namespace satsim::execute
