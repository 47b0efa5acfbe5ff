// What a recipe trains, and what that leaves out of a step.
#include "runtime/workload/training_plan.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "runtime/support/error.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim {
namespace {

const std::string kModels = std::string(SATSIM_SOURCE_DIR) + "/models";

Network tiny() {
    NetworkOptions options;
    options.set = "armor-tiny";
    return load_network(kModels + "/networks/armor-8b.json", options);
}

Recipe recipe(const std::string& name) {
    return load_recipe(name, kModels);
}

// Modules at the top that have tasks of a stage.
std::map<std::string, std::set<Stage>> stages_of(const Network& network, const TrainingStep& step) {
    std::map<std::string, std::set<Stage>> stages;
    for (const Task& task : step.tasks) {
        const auto* gemm = std::get_if<GemmTask>(&task);
        if (gemm == nullptr || !gemm->weight_operand) continue;
        stages[gemm->layer.substr(0, gemm->layer.find('.'))].insert(gemm->stage);
    }
    (void)network;
    return stages;
}

using Stages = std::set<Stage>;

TEST(WoHG, EachStageTrainsItsModulesAndNoMore) {
    const Network armor = tiny();
    const auto one = stages_of(armor, make_training_step(armor, recipe("wohg-1")));
    // Text alone is learnt: the visual head does not even run, and BP reaches the new rows of the embedding.
    EXPECT_EQ(one.at("vision_tower"), Stages{Stage::FF});
    EXPECT_EQ(one.at("decoder"), (Stages{Stage::FF, Stage::BP}));
    EXPECT_EQ(one.at("text_head"), (Stages{Stage::FF, Stage::BP, Stage::WU}));
    EXPECT_FALSE(one.contains("visual_head"));
    EXPECT_FALSE(one.contains("adapter"));

    const auto two = stages_of(armor, make_training_step(armor, recipe("wohg-2")));
    EXPECT_FALSE(two.contains("text_head"));
    EXPECT_EQ(two.at("visual_head"), (Stages{Stage::FF, Stage::BP, Stage::WU}));
    EXPECT_EQ(two.at("adapter"), (Stages{Stage::FF, Stage::BP, Stage::WU}));

    const auto three = stages_of(armor, make_training_step(armor, recipe("wohg-3")));
    EXPECT_EQ(three.at("projector"), Stages{Stage::FF});
    EXPECT_EQ(three.at("text_head"), (Stages{Stage::FF, Stage::BP, Stage::WU}));
    EXPECT_EQ(three.at("vq_decoder"), Stages{Stage::FF});  // its images are drawn, no loss looks at them

    const auto full = stages_of(armor, make_training_step(armor, recipe("full")));
    EXPECT_EQ(full.at("vision_tower"), (Stages{Stage::FF, Stage::BP, Stage::WU}));
    EXPECT_EQ(full.at("decoder"), (Stages{Stage::FF, Stage::BP, Stage::WU}));
    EXPECT_EQ(full.at("vq_decoder"), Stages{Stage::FF});
}

TEST(WoHG, NothingBelowTheLowestTrainedModuleGetsAGradient) {
    const Network armor = tiny();
    Recipe heads = recipe("wohg-3");
    heads.train = {"text_head", "visual_head"};
    const auto stages = stages_of(armor, make_training_step(armor, heads));
    EXPECT_EQ(stages.at("decoder"), Stages{Stage::FF});
    EXPECT_EQ(stages.at("text_head"), (Stages{Stage::FF, Stage::WU}));  // BP ends at the head itself
    EXPECT_EQ(stages.at("adapter"), Stages{Stage::FF});
}

TEST(WoHG, OptimizersRunForTrainedWeightsAlone) {
    const Network armor = tiny();
    for (const char* name : {"wohg-1", "wohg-2", "wohg-3", "full"}) {
        const Recipe stage = recipe(name);
        const std::vector<LayerPlan> plan = plan_training(armor, stage);
        std::int64_t expected = 0;
        for (std::size_t i = 0; i < plan.size(); ++i)
            if (plan[i].trained) expected += armor.layers[i].repeat * armor.layers[i].parameters();
        std::int64_t updated = 0;
        for (const Task& task : make_training_step(armor, stage).tasks) {
            const auto* vector = std::get_if<VectorTask>(&task);
            if (vector != nullptr && vector->op == VectorOp::Optimizer)
                updated += vector->times * vector->elements;
        }
        EXPECT_EQ(updated, expected) << name;
        EXPECT_GT(updated, 0) << name;
    }
}

TEST(WoHG, FrozenWeightsStayPackedOrDense) {
    const Network armor = tiny();
    Recipe packed = recipe("wohg-2+bdwp-2:8");
    EXPECT_EQ(packed.method, Method::Bdwp);
    EXPECT_EQ(packed.losses.at("text_loss"), 0);
    const auto sparse = [&](const Recipe& given) {
        int frozen = 0;
        for (const Task& task : make_training_step(armor, given).tasks) {
            const auto* gemm = std::get_if<GemmTask>(&task);
            if (gemm != nullptr && gemm->frozen && !gemm->nm.dense()) ++frozen;
        }
        return frozen;
    };
    EXPECT_GT(sparse(packed), 10);
    packed.frozen_sparse = false;
    EXPECT_EQ(sparse(packed), 0);
}

std::map<std::string, Macs> macs_by_stage(const TrainingStep& step) {
    std::map<std::string, Macs> macs;
    for (const Task& task : step.tasks) {
        if (const auto* gemm = std::get_if<GemmTask>(&task))
            macs[to_string(gemm->stage)] += gemm->times * gemm->dense_macs();
    }
    return macs;
}

TEST(MicroBatches, DoTheSameWorkInParts) {
    const Network armor = tiny();
    Recipe whole = recipe("full");
    Recipe parts = whole;
    parts.micro_batches = 4;
    const TrainingStep one = make_training_step(armor, whole, 8);
    const TrainingStep four = make_training_step(armor, parts, 8);
    EXPECT_EQ(macs_by_stage(one), macs_by_stage(four));
    const auto updates = [](const TrainingStep& step) {
        std::int64_t count = 0;
        for (const Task& task : step.tasks) {
            const auto* vector = std::get_if<VectorTask>(&task);
            if (vector != nullptr && vector->op == VectorOp::Optimizer) count += vector->times;
        }
        return count;
    };
    EXPECT_EQ(updates(one), updates(four));
    parts.micro_batches = 3;
    EXPECT_THROW((void)make_training_step(armor, parts, 8), InputError);
}

TEST(Recomputation, AddsForwardWorkOfRepeatedModules) {
    const Network armor = tiny();
    Recipe plain = recipe("full");
    Recipe again = plain;
    again.recompute = Recompute::Modules;
    const auto without = macs_by_stage(make_training_step(armor, plain));
    const auto with = macs_by_stage(make_training_step(armor, again));
    EXPECT_EQ(without.at("BP"), with.at("BP"));
    EXPECT_EQ(without.at("WU"), with.at("WU"));
    Macs repeated = 0;
    for (const Layer& layer : armor.layers) {
        const bool decoded = armor.lies_in(layer, "vq_decoder");
        if (layer.region >= 0 && !decoded && layer.kind == LayerKind::Linear)
            repeated += layer.repeat * layer.items * layer.forward_macs();
    }
    EXPECT_GE(with.at("FF") - without.at("FF"), repeated);
    again.recompute = Recompute::Attention;
    const auto attention = macs_by_stage(make_training_step(armor, again));
    EXPECT_GT(attention.at("FF"), without.at("FF"));
    EXPECT_LT(attention.at("FF"), with.at("FF"));
}

// What is said where `text` is refused.
std::string refusal(const std::string& text) {
    try {
        (void)recipe(text);
    } catch (const InputError& error) {
        return error.what();
    }
    ADD_FAILURE() << text << " is accepted";
    return "";
}

TEST(Recipes, PartsJoinInAnyOrder) {
    for (const char* text : {"bdwp-2:8+recompute", "recompute+bdwp-2:8"}) {
        const Recipe joined = recipe(text);
        EXPECT_EQ(joined.name, text);
        EXPECT_EQ(joined.method, Method::Bdwp) << text;
        EXPECT_EQ(joined.nm, (NmPattern{2, 8})) << text;
        EXPECT_EQ(joined.recompute, Recompute::Modules) << text;
    }
    for (const char* text : {"sdgp-2:4+full", "full+sdgp-2:4", "sdgp-2:4+full+recompute"}) {
        const Recipe joined = recipe(text);
        EXPECT_EQ(joined.method, Method::Sdgp) << text;
        EXPECT_EQ(joined.nm, (NmPattern{2, 4})) << text;
        EXPECT_EQ(joined.optimizer, Optimizer::AdamW) << text;
    }
    EXPECT_EQ(recipe("dense+recompute").recompute, Recompute::Modules);
    EXPECT_EQ(recipe("wohg-3+dense").method, Method::Dense);
    EXPECT_FALSE(recipe("wohg-1").assumptions.empty());
}

TEST(Recipes, JoinedPartsMustAgree) {
    const std::vector<std::pair<std::string, std::string>> refused{
        {"dense+bdwp-2:8", "/method: is \"dense\" in one part and \"bdwp\" in another"},
        {"bdwp-2:8+dense", "/method: is \"bdwp\" in one part and \"dense\" in another"},
        {"bdwp-2:8+bdwp-1:8", "/nm: is \"2:8\" in one part and \"1:8\" in another"},
        {"wohg-1+wohg-2", "/losses: is "},
        {"wohg-1+nothing", "recipe nothing: is no file and no known name"},
        {"bdwp-2:8+nothing", "recipe nothing: is no file and no known name"},
        {"bdwp-2:8+", "recipe : is no file and no known name"},
        {"+", "recipe : is no file and no known name"},
        {"bdwp-2:5+recompute", "recipe bdwp-2:5: pattern 2:5 is not supported"}};
    for (const auto& [text, expected] : refused) {
        const std::string message = refusal(text);
        EXPECT_NE(message.find(expected), std::string::npos) << text << ": " << message;
        EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
}

TEST(Recipes, NamesMustBeTheNetworks) {
    const Network armor = tiny();
    for (const char* field : {"train", "freeze", "dense", "losses"}) {
        Recipe wrong = recipe("wohg-3");
        const std::string name = field;
        if (name == "train") wrong.train.push_back("nowhere");
        if (name == "freeze") wrong.freeze.push_back("nowhere");
        if (name == "dense") wrong.dense_layers.push_back("nowhere");
        if (name == "losses") wrong.losses["nowhere"] = 1;
        try {
            (void)plan_training(armor, wrong);
            ADD_FAILURE() << field;
        } catch (const InputError& error) {
            EXPECT_NE(std::string(error.what()).find("\"nowhere\""), std::string::npos);
        }
    }
}

}  // namespace
}  // namespace satsim
