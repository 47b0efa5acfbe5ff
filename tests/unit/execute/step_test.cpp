// Rules that hold for every step: masks, updates, micro-batches, what is formed again, what is refused.
#include <gtest/gtest.h>

#include "runtime/execute/written_out.hpp"
#include "tests/unit/execute/networks.hpp"

namespace satsim::execute {
namespace {

using nlohmann::json;
using test::distance;
using test::network_of;

constexpr TensorShape kRows{16, 1, 6};

struct Executed {
    StepOutcome outcome;
    Store store;
};

Executed execute(const Network& network, const Recipe& recipe, Engine& engine, bool exact,
                 std::int64_t batch = 2, const schedule::Hyperparameters& hyper = {}) {
    const TrainingStep step = make_training_step(network, recipe, batch);
    Store store(network, batch, 5, exact);
    CpuEngine cpu;
    const std::vector<Engine*> engines{&engine, &cpu};
    StepOutcome outcome =
        execute_step(network, recipe, step, test::first_placement(step, engines), engines, store, hyper);
    return {std::move(outcome), std::move(store)};
}

Recipe bdwp() {
    return load_recipe("bdwp-2:8", test::kModels);
}

// Whether `value(i)` is one of the two largest magnitudes of its group of eight; the earlier of equal ones.
template <typename Value>
bool kept(std::size_t i, Value value) {
    std::size_t before = 0;
    const double mine = std::abs(value(i));
    for (std::size_t j = i / 8 * 8; j < i / 8 * 8 + 8; ++j) {
        const double other = std::abs(value(j));
        if (j != i && (other > mine || (other == mine && j < i))) ++before;
    }
    return before < 2;
}

// FF multiplies by m_f∘W, groups along the input channels, BP by m_b∘W, groups along the output channels.
TEST(Step, UsesBothMasksOfOneMaster) {
    const Network network =
        network_of({{{"kind", "linear"}, {"out", 16}}, {{"kind", "linear"}, {"out", 24}}}, kRows);
    ReferenceEngine reference;
    const Store start(network, 2, 5, true);
    const Executed run = execute(network, bdwp(), reference, true);
    const Values& w = start.weights[1].matrix.master;
    const auto half = [](double x) { return numerics::round_to_fp16(static_cast<float>(x)); };
    Values out(2 * 6 * 24);
    Values back(2 * 6 * 16);
    for (std::size_t p = 0; p < 12; ++p) {
        for (std::size_t i = 0; i < 16; ++i) {
            for (std::size_t o = 0; o < 24; ++o) {
                const bool f = kept(i, [&](std::size_t r) { return half(w[r * 24 + o]); });
                const bool b = kept(o, [&](std::size_t c) { return half(w[i * 24 + c]); });
                if (f) out[p * 24 + o] += run.store.layers[0].out[p * 16 + i] * w[i * 24 + o];
                if (b) back[p * 16 + i] += run.store.layers[1].gradient[p * 24 + o] * w[i * 24 + o];
            }
        }
    }
    EXPECT_LT(distance(run.store.layers[1].out, out), 1e-14);
    EXPECT_LT(distance(run.store.layers[0].gradient, back), 1e-14);
}

// The copies that SAT's update leaves are those that runtime/nm makes of the new master, and the next step
// reads them.
TEST(Step, CopiesOfAnUpdateAreThoseOfItsMaster) {
    const Network network =
        network_of({{{"kind", "linear"}, {"out", 20}}, {{"kind", "linear"}, {"out", 40}}}, kRows);
    for (const char* recipe_name : {"bdwp-2:8", "bdwp-1:2", "dense", "sr-ste-4:8"}) {
        const Recipe recipe = load_recipe(recipe_name, test::kModels);
        SatFunctionalEngine sat(test::small_machine());
        const Executed run = execute(network, recipe, sat, false);
        for (const LayerWeights& weights : run.store.weights) {
            for (const auto& [copy, stage] : {std::pair{&weights.ff, Stage::FF}, {&weights.bp, Stage::BP}}) {
                if (copy->empty()) continue;
                const PackedWeight fresh =
                    pack_weight(weights.matrix.master, weights.shape, copy->nm, stage, false);
                EXPECT_EQ(copy->dense, fresh.dense) << recipe_name;
                EXPECT_EQ(copy->packed.indices, fresh.packed.indices) << recipe_name;
            }
        }
        EXPECT_FALSE(run.store.weights[1].ff.empty());
    }
}

// 1:2 keeps one of each two, also where a group of four of its copies has only one pair or half a one.
TEST(Step, OneOfTwoKeepsOneOfEachTwo) {
    const Network network =
        network_of({{{"kind", "linear"}, {"out", 21}}, {{"kind", "linear"}, {"out", 42}}}, kRows);
    const Recipe recipe = load_recipe("bdwp-1:2", test::kModels);
    SatFunctionalEngine sat(test::small_machine());
    CpuEngine cpu;
    for (Engine* engine : {static_cast<Engine*>(&sat), static_cast<Engine*>(&cpu)}) {
        const Executed run = execute(network, recipe, *engine, false);
        const LayerWeights& weights = run.store.weights[1];  // 21 x 42
        const auto half = [&](std::int64_t row, std::int64_t column) {
            return numerics::to_fp16(
                static_cast<float>(weights.matrix.master[static_cast<std::size_t>(row * 42 + column)]));
        };
        int differ = 0;  // from 2:4
        for (const Stage stage : {Stage::FF, Stage::BP}) {
            const PackedWeight& copy = stage == Stage::FF ? weights.ff : weights.bp;
            ASSERT_EQ(copy.nm, (NmPattern{1, 2})) << engine->name();
            const auto at = [&](std::int64_t k, std::int64_t n) {
                return stage == Stage::FF ? half(k, n) : half(n, k);
            };
            for (std::int64_t k = 0; k < copy.k; ++k) {
                for (std::int64_t n = 0; n < copy.n; ++n) {
                    const std::int64_t other = k ^ 1;
                    const bool loses =
                        other < copy.k && (at(other, n).magnitude() > at(k, n).magnitude() ||
                                           (other < k && at(other, n).magnitude() == at(k, n).magnitude()));
                    EXPECT_EQ(copy.dense[static_cast<std::size_t>(k * copy.n + n)],
                              loses ? 0.0 : static_cast<double>(numerics::to_float(at(k, n))))
                        << engine->name() << " " << to_string(stage) << " " << k << "," << n;
                }
            }
            const PackedWeight four = pack_weight(weights.matrix.master, weights.shape, {2, 4}, stage, false);
            for (std::size_t i = 0; i < four.dense.size(); ++i) differ += four.dense[i] != copy.dense[i];
        }
        EXPECT_GT(differ, 100);
    }
}

// SR-STE: weights outside the old m_f decay more, on both engines alike.
TEST(Step, PrunedWeightsDecay) {
    const Network network =
        network_of({{{"kind", "linear"}, {"out", 20}}, {{"kind", "linear"}, {"out", 40}}}, kRows);
    SatFunctionalEngine sat(test::small_machine());
    CpuEngine cpu;
    for (const char* recipe_name : {"sr-ste-2:8", "sr-ste-1:2"}) {
        const Recipe recipe = load_recipe(recipe_name, test::kModels);
        schedule::Hyperparameters hyper;
        hyper.weight_decay = 0.01F;
        const auto master = [&](Engine& engine, float decay) {
            hyper.sr_ste_decay = decay;
            return execute(network, recipe, engine, false, 2, hyper).store.weights[1].matrix.master;
        };
        EXPECT_LT(distance(master(sat, 0.5F), master(cpu, 0.5F)), 1e-6) << recipe_name;
        EXPECT_GT(distance(master(sat, 0.5F), master(sat, 0.0F)), 1e-3) << recipe_name;
    }
}

// Which weights decay more is what the old copy has kept, not what of it is nothing: weights that round to 0
// in FP16 are kept and pruned like others.
TEST(Step, KeptWeightsMayBeNothing) {
    const Network network =
        network_of({{{"kind", "linear"}, {"out", 8}}, {{"kind", "linear"}, {"out", 8}}}, kRows);
    const Recipe recipe = load_recipe("sr-ste-2:8", test::kModels);
    constexpr double kSmall = 0x1p-30;
    schedule::Hyperparameters hyper;
    hyper.weight_decay = 0.25F;
    hyper.sr_ste_decay = 0.25F;
    hyper.learning_rate = 0.5F;
    hyper.momentum = 0;
    const TrainingStep step = make_training_step(network, recipe);
    SatFunctionalEngine sat(test::small_machine());
    CpuEngine cpu;
    for (const std::vector<Engine*>& engines : {std::vector<Engine*>{&sat, &cpu}, {&cpu, &cpu}}) {
        Store store(network, step.batch, 5);
        for (Values& input : store.inputs) std::ranges::fill(input, 0.0);
        Values& master = store.weights[1].matrix.master;
        std::ranges::fill(master, kSmall);
        execute_step(network, recipe, step, test::first_placement(step, engines), engines, store, hyper);
        for (std::size_t i = 0; i < master.size(); ++i) {
            const bool kept = i / 8 < 2;  // the earlier of equal ones, along the input channels
            EXPECT_DOUBLE_EQ(master[i], kSmall * (kept ? 0.875 : 0.75)) << engines[0]->name() << " " << i;
        }
    }
    const PackedWeight copy = pack_weight(Values(8, kSmall), {1, 8, 1}, {2, 8}, Stage::FF, true);
    EXPECT_EQ(copy.dense, (Values{kSmall, kSmall, 0, 0, 0, 0, 0, 0}));
}

// A copy that an update does not leave anew is another master's.
TEST(Step, AnUpdateLeavesNoOldCopy) {
    const Network network =
        network_of({{{"kind", "linear"}, {"out", 16}}, {{"kind", "linear"}, {"out", 8}}}, kRows);
    const TrainingStep step = make_training_step(network, bdwp());
    CpuEngine cpu;
    Store store(network, step.batch, 5);
    LayerWeights& first = store.weights[0];  // hands no gradient down: its update makes no copy for BP
    first.bp = pack_weight(first.matrix.master, first.shape, {2, 8}, Stage::BP, false);
    execute_step(network, bdwp(), step, std::vector<int>(step.tasks.size(), 0), {&cpu}, store);
    EXPECT_TRUE(first.bp.empty());
    EXPECT_FALSE(first.ff.empty());
    EXPECT_FALSE(store.weights[1].bp.empty());
}

TEST(Step, MicroBatchesGiveTheGradientOfTheBatch) {
    const json layers = {{{"kind", "linear"}, {"out", 16}, {"bias", true}},
                         {{"kind", "gelu"}},
                         {{"kind", "linear"}, {"out", 10}, {"bias", true}},
                         {{"kind", "loss"}}};
    for (const Network& network :
         {network_of(layers, kRows), test::narrow_vit(), test::two_sets(), test::few_experts()}) {
        Recipe recipe;
        ReferenceEngine reference;
        const Executed whole = execute(network, recipe, reference, true, 4);
        recipe.micro_batches = 2;
        const Executed parts = execute(network, recipe, reference, true, 4);
        const auto a = test::all_of(whole.outcome);
        const auto b = test::all_of(parts.outcome);
        ASSERT_EQ(a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i)
            EXPECT_LT(distance(b[i].values, a[i].values), 1e-7)
                << network.name << " " << a[i].name;  // sums of masters are FP32 here too
    }
}

constexpr TensorShape kNumbers{1, 1, 6};
Network tied_network() {
    return network_of({{{"kind", "lookup"}, {"rows", 24}, {"out", 16}, {"name", "table"}},
                       {{"kind", "linear"}, {"out", 16}, {"name", "a"}},
                       {{"kind", "gelu"}},
                       {{"kind", "linear"}, {"out", 16}, {"name", "b"}, {"tied", "a"}},
                       {{"kind", "linear"}, {"out", 24}, {"name", "head"}, {"tied", "table"}},
                       {{"kind", "loss"}}},
                      kNumbers);
}

TEST(Step, MicroBatchesAddTheGradientsOfAllUses) {
    ReferenceEngine reference;
    Recipe recipe;
    const Executed whole = execute(tied_network(), recipe, reference, true, 4);
    recipe.micro_batches = 4;
    const Executed parts = execute(tied_network(), recipe, reference, true, 4);
    ASSERT_EQ(parts.outcome.gradients.size(), 2U);  // of two masters
    for (std::size_t i = 0; i < 2; ++i)
        EXPECT_LT(distance(parts.outcome.gradients[i].values, whole.outcome.gradients[i].values), 1e-7);
}

// Every use reads copies of the one master, in the step after the update too.
// Two uses of a trained vector: each gives an FP32 sum over the samples, and so is their sum.
TEST(Step, AParameterOfTwoUsesKeepsItsGradientInFp32) {
    const Network network = test::network_of(
        json::parse(R"([{"kind": "parameter", "shape": [16, 1, 1], "trained": 16, "name": "p"},
                        {"kind": "add", "from": "input", "with": "p", "name": "one"},
                        {"kind": "linear", "out": 16},
                        {"kind": "add", "with": "p"}])"),
        kRows);
    const TrainingStep step = make_training_step(network, bdwp(), 3);
    const auto sum = std::ranges::find_if(step.tasks, [](const Task& task) {
        const auto* vector = std::get_if<VectorTask>(&task);
        return vector != nullptr && vector->layer == "p" && vector->op == VectorOp::Add;
    });
    ASSERT_NE(sum, step.tasks.end());
    const auto& add = std::get<VectorTask>(*sum);
    EXPECT_EQ(add.elements, 16);
    EXPECT_EQ(std::pair(add.reads_fp32, add.writes_fp32), std::pair(2, 1));
    EXPECT_TRUE(add.sat_capable);
    SatFunctionalEngine sat(test::small_machine());
    const Values gradient = execute(network, bdwp(), sat, false, 3).store.weights[0].others.gradient;
    int finer = 0;
    for (const double x : gradient) finer += numerics::round_to_fp16(static_cast<float>(x)) != x ? 1 : 0;
    EXPECT_GT(finer, 8);
    ReferenceEngine reference;
    const Values exact = execute(network, bdwp(), reference, true, 3).store.weights[0].others.gradient;
    EXPECT_LT(distance(gradient, exact), 0.01);
}

TEST(Step, TiedLayersReadTheOwnersWeight) {
    const Network network = tied_network();
    const TrainingStep step = make_training_step(network, bdwp());
    SatFunctionalEngine sat(test::small_machine());
    CpuEngine cpu;
    const std::vector<Engine*> engines{&sat, &cpu};
    Store store(network, step.batch, 5);
    const auto used = [&](std::size_t layer, std::size_t owner, const Values& master) {
        const LayerWeights& own = store.weights[layer];
        const LayerWeights& weights = store.weights[owner];
        const PackedWeight expected = pack_weight(master, weights.shape, {2, 8}, Stage::FF, false);
        const Values& in = store.layers[layer - 1].out;
        Values out(in.size() / 16 * static_cast<std::size_t>(weights.shape.columns));
        const auto columns = static_cast<std::size_t>(weights.shape.columns);
        for (std::size_t p = 0; p < in.size() / 16; ++p)
            for (std::size_t i = 0; i < 16; ++i)
                for (std::size_t o = 0; o < columns; ++o)
                    out[p * columns + o] += in[p * 16 + i] * expected.dense[i * columns + o];
        EXPECT_TRUE(own.matrix.master.empty());
        return distance(store.layers[layer].out, out);
    };
    for (int i = 0; i < 3; ++i) {
        const Values table = store.weights[0].matrix.master;
        const Values a = store.weights[1].matrix.master;
        execute_step(network, bdwp(), step, test::first_placement(step, engines), engines, store);
        EXPECT_NE(table, store.weights[0].matrix.master);
        EXPECT_LT(used(4, 0, table), 1e-3) << i;
        EXPECT_LT(used(3, 1, a), 1e-3) << i;
    }
    EXPECT_TRUE(store.weights[4].ff.empty());  // the update has left the table's copies for the head
    EXPECT_FALSE(store.weights[0].ff.empty());
}

// What the backward pass forms again is what the forward pass had.
TEST(Step, RecomputationChangesNothing) {
    for (const auto& [network, usual] : {std::pair{test::smallest_armor(), std::string("full")},
                                         {test::few_experts(), "dense"},
                                         {test::narrow_vit(), "dense"}}) {
        const auto run = [&, &net = network](const std::string& recipe) {
            CpuEngine cpu;
            return test::all_of(execute(net, load_recipe(recipe, test::kModels), cpu, false, 1).outcome);
        };
        const auto kept = run(usual);
        for (const char* more : {"+recompute", "+recompute-attention"}) {
            const auto formed = run(usual + more);
            ASSERT_EQ(formed.size(), kept.size());
            for (std::size_t i = 0; i < kept.size(); ++i)
                EXPECT_EQ(formed[i].values, kept[i].values)
                    << network.name << " " << more << " " << kept[i].name;
        }
    }
}

// The nearest codebook row, and a gradient that goes straight through.
TEST(Step, QuantizeTakesTheNearestRow) {
    const Network network =
        network_of({{{"kind", "linear"}, {"out", 4}}, {{"kind", "quantize"}, {"rows", 7}}}, kRows);
    ReferenceEngine reference;
    const Store start(network, 2, 5, true);
    const Executed run = execute(network, Recipe{}, reference, true);
    const Values& table = start.weights[1].others.master;
    for (std::size_t p = 0; p < 12; ++p) {
        double best = std::numeric_limits<double>::infinity();
        std::size_t row = 0;
        for (std::size_t r = 0; r < 7; ++r) {
            double sum = 0;
            for (std::size_t c = 0; c < 4; ++c)
                sum += std::pow(run.store.layers[0].out[p * 4 + c] - table[r * 4 + c], 2);
            if (sum < best) {
                best = sum;
                row = r;
            }
        }
        for (std::size_t c = 0; c < 4; ++c) EXPECT_EQ(run.store.layers[1].out[p * 4 + c], table[row * 4 + c]);
    }
    EXPECT_EQ(run.store.layers[0].gradient, run.store.layers[1].gradient);
}

TEST(Step, APlacementOfCountedTasksFitsEveryCopy) {
    NetworkOptions options;
    options.parameters = {{"layers", 6}, {"tokens", 32}};
    const std::string file = test::kModels + "/networks/decoder.json";
    const TrainingStep counted = make_training_step(load_network(file, options), Recipe{});
    options.pieces = kEveryCopy;
    const TrainingStep written = make_training_step(load_network(file, options), Recipe{});
    std::vector<int> numbers(counted.tasks.size());
    std::iota(numbers.begin(), numbers.end(), 0);
    const std::vector<int> placed = written_out(counted, numbers, written);
    ASSERT_EQ(placed.size(), written.tasks.size());
    std::vector<std::int64_t> copies(counted.tasks.size());
    for (const int task : placed) ++copies[static_cast<std::size_t>(task)];
    for (std::size_t i = 0; i < copies.size(); ++i) EXPECT_EQ(copies[i], times_of(counted.tasks[i]));
    EXPECT_GT(written.tasks.size(), counted.tasks.size());
}

TEST(Step, APlacementOfCountedTasksIsUsedUp) {
    const auto step = [](const json& layers) {
        return make_training_step(network_of(layers, kRows), Recipe{});
    };
    const json linear = {{"kind", "linear"}, {"out", 8}, {"name", "a"}};
    json with_bias = linear;
    with_bias["bias"] = true;
    const auto place = [](const TrainingStep& counted, const TrainingStep& written) {
        return written_out(counted, std::vector<int>(counted.tasks.size(), 0), written).size();
    };
    const TrainingStep plain = step(json::array({linear}));
    EXPECT_EQ(place(plain, plain), plain.tasks.size());
    EXPECT_THROW(place(step(json::array({with_bias})), plain), std::logic_error);
    EXPECT_THROW(place(step({linear, {{"kind", "gelu"}, {"name", "g"}}}), plain), std::logic_error);
}

// Too large a loss scale leaves everything as it was, and SAT's own status has said so before the updates.
TEST(Step, AnOverflowUpdatesNothing) {
    const Network network = test::narrow_resnet9();
    int overflows = 0;
    int updates = 0;
    for (double scale = 256; scale <= 16777216; scale *= 4) {
        Recipe recipe = bdwp();
        recipe.loss_scale = scale;
        const TrainingStep step = make_training_step(network, recipe, 2);
        Store store(network, 2, 5);
        const Store before = store;
        SatFunctionalEngine sat(test::small_machine());
        CpuEngine cpu;
        const std::vector<Engine*> engines{&sat, &cpu};
        const StepOutcome outcome =
            execute_step(network, recipe, step, test::first_placement(step, engines), engines, store);
        bool finite = true;
        for (const NamedValues& each : outcome.gradients)
            finite = finite && std::ranges::all_of(each.values, [](double x) { return std::isfinite(x); });
        EXPECT_EQ(outcome.overflow, !finite);
        EXPECT_TRUE(sat.nonfinite() || !outcome.overflow) << scale;
        ++(outcome.overflow ? overflows : updates);
        for (std::size_t i = 0; i < store.weights.size(); ++i) {
            const Parameter& matrix = store.weights[i].matrix;
            if (matrix.size() == 0) continue;
            EXPECT_EQ(matrix.master == before.weights[i].matrix.master, outcome.overflow) << scale;
            EXPECT_EQ(matrix.first == before.weights[i].matrix.first, outcome.overflow) << scale;
        }
    }
    EXPECT_GE(overflows, 1);
    EXPECT_GE(updates, 2);
}

TEST(Step, SatsStatusIsClearWhereEverythingIsFinite) {
    const Network network = network_of(
        {{{"kind", "linear"}, {"out", 16}, {"bias", true}}, {{"kind", "linear"}, {"out", 8}}}, kRows);
    SatFunctionalEngine sat(test::small_machine());
    EXPECT_FALSE(execute(network, bdwp(), sat, false).outcome.overflow);
    EXPECT_FALSE(sat.nonfinite());
}

// Step after step on the same samples: each reads the copies that the update before it left.
TEST(Step, TrainingLowersTheLoss) {
    SatFunctionalEngine sat(test::small_machine());
    CpuEngine cpu;
    const std::vector<Engine*> engines{&sat, &cpu};
    const auto falls = [&](const Network& network, const char* recipe_name, std::int64_t batch, float rate) {
        const Recipe recipe = load_recipe(recipe_name, test::kModels);
        const TrainingStep step = make_training_step(network, recipe, batch);
        Store store(network, batch, 2);
        schedule::Hyperparameters hyper;
        hyper.learning_rate = rate;
        std::vector<double> losses;
        for (hyper.step = 1; hyper.step <= 6; ++hyper.step) {
            execute_step(network, recipe, step, test::first_placement(step, engines), engines, store, hyper);
            losses.push_back(0);
            for (const auto& each : store.losses) losses.back() += each.second;
        }
        EXPECT_LT(losses.back(), 0.8 * losses.front()) << recipe_name;
    };
    falls(test::narrow_resnet9(), "bdwp-2:8", 2, 0.01F);
    falls(test::narrow_resnet9(), "sdgp-2:8", 2, 0.01F);
    falls(test::smallest_armor(), "full+bdwp-2:8", 1, 0.003F);
    falls(test::narrow_vit(), "bdwp-2:8", 2, 0.02F);
    falls(test::narrow_vit(), "sdgp-2:8", 2, 0.02F);
    falls(test::two_sets(), "sdgp-2:8", 2, 0.2F);
    falls(test::two_sets(), "bdwp-2:8", 2, 0.2F);
    falls(test::few_experts(), "bdwp-2:8", 2, 0.2F);
    NetworkOptions tied;
    tied.pieces = kEveryCopy;
    tied.parameters = {{"layers", 2},   {"tokens", 32}, {"width", 32}, {"heads", 2},
                       {"kv_heads", 2}, {"ffn", 32},    {"vocab", 16}, {"tied", 1}};
    falls(load_network(test::kModels + "/networks/decoder.json", tied), "bdwp-2:8", 2, 0.2F);
}

}  // namespace
}  // namespace satsim::execute
