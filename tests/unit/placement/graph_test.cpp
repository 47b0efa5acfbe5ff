#include "runtime/placement/graph.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <set>

#include "runtime/placement/expansion.hpp"
#include "runtime/recipe/recipe.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim::placement {
namespace {

struct Made {
    Network network;
    TrainingStep step;
    Graph graph;
};

Made make(const std::string& name, const std::string& recipe_name, const NetworkOptions& options = {},
          std::optional<std::int64_t> batch = std::nullopt, std::int64_t micro_batches = 1) {
    const std::filesystem::path models = std::filesystem::path(SATSIM_SOURCE_DIR) / "models";
    Made made;
    made.network = load_network(models / "networks" / (name + ".json"), options);
    Recipe recipe = load_recipe(recipe_name, models);
    recipe.micro_batches = micro_batches;
    made.step = make_training_step(made.network, recipe, batch);
    made.graph = make_graph(made.network, recipe, made.step);
    return made;
}

const Node& find(const Made& made, const std::string& layer, Stage stage, const std::string& part = "") {
    for (const Node& node : made.graph.nodes) {
        const Layer& of = made.network.layers[static_cast<std::size_t>(node.layer)];
        if (of.name == layer && node.stage == stage && node.part == part) return node;
    }
    throw std::runtime_error("no node " + layer + " " + to_string(stage) + " " + part);
}

int index_of(const Made& made, const Node& node) {
    return static_cast<int>(&node - made.graph.nodes.data());
}

// The tensor that `reader` reads of `producer`, or null.
const Tensor* between(const Made& made, const Node& producer, const Node& reader, Turns turns) {
    for (const Tensor& tensor : made.graph.tensors) {
        if (tensor.producer != index_of(made, producer)) continue;
        for (const Use& use : tensor.uses)
            if (use.node == index_of(made, reader) && use.turns == turns) return &tensor;
    }
    return nullptr;
}

void expect_whole(const Made& made) {
    std::set<std::size_t> seen;
    for (const Node& node : made.graph.nodes) {
        EXPECT_FALSE(node.tasks.empty());
        for (const std::size_t task : node.tasks) {
            EXPECT_TRUE(seen.insert(task).second);
            EXPECT_EQ(made.step.origins[task].layer, node.layer);
        }
    }
    EXPECT_EQ(seen.size(), made.step.tasks.size());
    // Throws where something is read before it is there.
    const Expansion expansion(made.graph, Length::Whole);
    EXPECT_EQ(static_cast<std::int64_t>(expansion.runs().size()), Expansion::size_of(made.graph));
    // Everything but the beginning reads something.
    int without = 0;
    for (std::size_t r = 0; r < expansion.runs().size(); ++r) without += expansion.inputs()[r] == 0;
    EXPECT_LT(without, static_cast<int>(expansion.runs().size()) / 4 + 3);
}

TEST(Graph, HoldsEveryTaskOnceForAllKindsOfNetworks) {
    expect_whole(make("resnet9", "bdwp-2:8"));
    expect_whole(make("resnet50", "sdgp-2:8"));
    expect_whole(make("decoder", "sdgp-2:8"));
    expect_whole(make("vit-cifar", "bdwp-2:8"));
    expect_whole(make("bagel", "dense"));
    expect_whole(make("open-qwen2vl", "bdwp-2:8"));
    for (const char* recipe :
         {"wohg-1+bdwp-2:8", "wohg-3+recompute+bdwp-2:8", "full+recompute", "full+recompute-attention"})
        for (const char* set : {"", "armor-tiny"}) {
            NetworkOptions options;
            options.set = set;
            expect_whole(make("armor-8b", recipe, options));
        }
}

TEST(Graph, AResNetsTensors) {
    const Made made = make("resnet9", "bdwp-2:8", {}, 4);
    const std::vector<Layer>& layers = made.network.layers;
    const auto conv = std::find_if(layers.begin() + 1, layers.end(),
                                   [](const Layer& layer) { return layer.kind == LayerKind::Conv; });
    const Layer& relu = layers[static_cast<std::size_t>(conv->inputs[0])];
    ASSERT_TRUE(relu.fused);  // what conv reads comes from the norm that applies it
    const Layer& before = layers[static_cast<std::size_t>(relu.inputs[0])];
    const Node& forward = find(made, conv->name, Stage::FF);
    const Node& backward = find(made, conv->name, Stage::BP);
    const Node& weights = find(made, conv->name, Stage::WU);
    const Node& update = find(made, conv->name, Stage::WU, "update");
    const Tensor* input = between(made, find(made, before.name, Stage::FF), forward, Turns::Last);
    ASSERT_NE(input, nullptr);
    EXPECT_EQ(input->bytes, 2 * 4 * conv->in.elements());
    // WU reads the same map, and dW goes to the update in FP32.
    EXPECT_NE(between(made, find(made, before.name, Stage::FF), weights, Turns::Last), nullptr);
    const Tensor* gradient = between(made, weights, update, Turns::Same);
    ASSERT_NE(gradient, nullptr);
    EXPECT_EQ(gradient->bytes, 4 * conv->parameters());
    // The next step's copies: 2 of 8 values of two bytes and nibbles of an index.
    const Tensor* copy = between(made, update, forward, Turns::Last);
    ASSERT_NE(copy, nullptr);
    EXPECT_TRUE(copy->next_step);
    EXPECT_EQ(copy->bytes, conv->parameters() / 4 * 5 / 2);
    const Tensor* other = between(made, update, backward, Turns::Last);
    ASSERT_NE(other, nullptr);
    EXPECT_EQ(other->bytes, copy->bytes);
}

// Under SDGP a BP that prunes its gradient multiplies it with FF's copy, another has one of its own.
TEST(Graph, PrunedGradientsAreMultipliedWithTheForwardCopy) {
    const Made made = make("resnet9", "sdgp-2:8", {}, 4);
    int pruned = 0;
    int dense = 0;
    for (const Node& backward : made.graph.nodes) {
        if (backward.pass != Pass::Backward || backward.stage != Stage::BP) continue;
        const GemmTask* gemm = nullptr;  // a layer's are all turned or none is
        for (const std::size_t t : backward.tasks)
            if (const auto* each = std::get_if<GemmTask>(&made.step.tasks[t])) gemm = each;
        if (gemm == nullptr) continue;
        const bool turned = gemm->sparse_is_activation;
        const std::string& layer = made.network.layers[static_cast<std::size_t>(backward.layer)].name;
        const Node& update = find(made, layer, Stage::WU, "update");
        const Tensor* ff = between(made, update, find(made, layer, Stage::FF), Turns::Last);
        const Tensor* bp = between(made, update, backward, Turns::Last);
        ASSERT_NE(ff, nullptr) << layer;
        ASSERT_NE(bp, nullptr) << layer;
        EXPECT_EQ(ff == bp, turned) << layer;
        EXPECT_TRUE(bp->next_step);
        (turned ? pruned : dense)++;
    }
    EXPECT_GT(pruned, 0);
    EXPECT_GT(dense, 0);
}

// A turned product has the weight as its A; what it takes from the node before is as much as a dense one's.
TEST(Graph, PrunedGradientsAreAsLargeAsDenseOnesBetweenNodes) {
    const auto inner = [](const char* recipe) {
        std::vector<Bytes> bytes;
        for (const Tensor& tensor : make("vit-cifar", recipe, {}, 1).graph.tensors)
            if (tensor.name.find(" inner gradient ") != std::string::npos) bytes.push_back(tensor.bytes);
        return bytes;
    };
    EXPECT_FALSE(inner("dense").empty());
    EXPECT_EQ(inner("sdgp-2:8"), inner("dense"));
}

TEST(Graph, ARepeatedModulesTurns) {
    const Made made = make("decoder", "dense");
    // llm.block 0, 1-30, 31: the middle one's input comes from the first once and from itself after that.
    std::string middle;
    for (const Layer& layer : made.network.layers)
        if (layer.repeat > 1 && middle.empty()) middle = layer.name.substr(0, layer.name.rfind('.'));
    ASSERT_FALSE(middle.empty());
    const std::string block = middle.substr(0, middle.rfind('.'));
    const Node& norm = find(made, middle + ".norm1", Stage::FF);
    const Node& add = find(made, middle + ".add2", Stage::FF);
    EXPECT_NE(between(made, find(made, block + ".0.add2", Stage::FF), norm, Turns::First), nullptr);
    EXPECT_NE(between(made, add, norm, Turns::Next), nullptr);
    EXPECT_NE(between(made, add, find(made, block + ".31.norm1", Stage::FF), Turns::Last), nullptr);
    // Backwards the other way round: the turn that follows has what the one before handed down.
    const Node& down = find(made, middle + ".add2", Stage::BP);
    const Node& up = find(made, middle + ".norm1", Stage::BP);
    EXPECT_NE(between(made, up, down, Turns::Next), nullptr);
    EXPECT_NE(between(made, find(made, block + ".31.norm1", Stage::BP), down, Turns::First), nullptr);
    EXPECT_NE(between(made, up, find(made, block + ".0.add2", Stage::BP), Turns::Last), nullptr);
    // What the norm kept is read by the same copy's gradient.
    EXPECT_NE(between(made, add, up, Turns::MirrorNext), nullptr);
    EXPECT_NE(between(made, find(made, block + ".0.add2", Stage::FF), up, Turns::MirrorFirst), nullptr);
}

TEST(Graph, RecomputedActivationsComeFromTheirSecondForming) {
    const Made made = make("decoder", "recompute");
    std::string middle;
    for (const Layer& layer : made.network.layers)
        if (layer.repeat > 1 && middle.empty()) middle = layer.name.substr(0, layer.name.rfind('.'));
    const Node& again = find(made, middle + ".norm1", Stage::FF, "again");
    EXPECT_NE(between(made, again, find(made, middle + ".qkv", Stage::WU), Turns::Same), nullptr);
    EXPECT_EQ(between(made, find(made, middle + ".norm1", Stage::FF), find(made, middle + ".qkv", Stage::WU),
                      Turns::Mirror),
              nullptr);
    EXPECT_NE(between(made, find(made, middle + ".add2", Stage::FF), again, Turns::MirrorNext), nullptr);
}

TEST(Graph, ProbabilitiesThatAreFormedAgainAreNotKept) {
    for (const bool again : {false, true}) {
        const Made made = make("decoder", again ? "recompute-attention" : "dense");
        std::string middle;
        for (const Layer& layer : made.network.layers)
            if (layer.repeat > 1 && middle.empty()) middle = layer.name.substr(0, layer.name.rfind('.'));
        const Node& forward = find(made, middle + ".attend", Stage::FF, "softmax");
        const Node& backward = find(made, middle + ".attend", Stage::BP, "softmax");
        EXPECT_EQ(between(made, forward, backward, Turns::Mirror) == nullptr, again);
    }
}

TEST(Graph, MicroBatchesRunUpdatesOnce) {
    const Made made = make("resnet9", "dense", {}, 8, 4);
    const Expansion expansion(made.graph, Length::Whole);
    for (std::size_t n = 0; n < made.graph.nodes.size(); ++n) {
        const auto runs =
            std::count_if(expansion.runs().begin(), expansion.runs().end(),
                          [n](const placement::Run& run) { return run.node == static_cast<int>(n); });
        EXPECT_EQ(runs, made.graph.nodes[n].once_a_step() ? 1 : 4);
    }
}

}  // namespace
}  // namespace satsim::placement
