#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <tuple>

#include "runtime/support/error.hpp"
#include "runtime/workload/gemm_parts.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim {
namespace {

std::vector<GemmTask> gemms(const TrainingStep& step, Stage stage) {
    std::vector<GemmTask> found;
    for (const Task& task : step.tasks) {
        if (const auto* gemm = std::get_if<GemmTask>(&task); gemm != nullptr && gemm->stage == stage)
            found.push_back(*gemm);
    }
    return found;
}

Network two_convolutions(int height, int width, int kernel, int stride, int pad) {
    const nlohmann::json document = {{"name", "n"},
                                     {"source", "test"},
                                     {"batch", 2},
                                     {"input", {{"channels", 3}, {"height", height}, {"width", width}}},
                                     {"layers",
                                      {{{"name", "first"}, {"kind", "conv"}, {"out", 16}, {"kernel", 1}},
                                       {{"name", "second"},
                                        {"kind", "conv"},
                                        {"out", 24},
                                        {"kernel", kernel},
                                        {"stride", stride},
                                        {"pad", pad}}}}};
    return parse_network(document, "test");
}

std::vector<VectorTask> vectors(const TrainingStep& step, VectorOp op, Stage stage) {
    std::vector<VectorTask> found;
    for (const Task& task : step.tasks) {
        const auto* vector = std::get_if<VectorTask>(&task);
        if (vector != nullptr && vector->op == op && vector->stage == stage) found.push_back(*vector);
    }
    return found;
}

// Which ReLUs the layer before applies.
TEST(TrainingStep, ReluIsFusedWhereNothingElseReadsWhatComesBefore) {
    const auto fused = [](const std::string& layers) {
        const Network net = parse_network({{"name", "n"},
                                           {"source", "s"},
                                           {"batch", 2},
                                           {"input", {{"channels", 8}, {"height", 4}, {"width", 4}}},
                                           {"layers", nlohmann::json::parse(layers)}},
                                          "test");
        const TrainingStep step = make_training_step(net, Recipe{});
        std::size_t clipped = 0;
        for (const VectorOp op : {VectorOp::NormApply, VectorOp::Add, VectorOp::Bias})
            for (const VectorTask& task : vectors(step, op, Stage::FF)) clipped += task.relu ? 1 : 0;
        std::size_t relus = 0;
        for (const Layer& layer : net.layers) relus += layer.kind == LayerKind::Relu ? 1 : 0;
        // A pass of its own, or none; a gradient in either case.
        EXPECT_EQ(vectors(step, VectorOp::Activation, Stage::FF).size() + clipped, relus) << layers;
        EXPECT_EQ(vectors(step, VectorOp::ActivationGrad, Stage::BP).size(), relus) << layers;
        for (const VectorTask& task : vectors(step, VectorOp::NormApply, Stage::FF))
            EXPECT_EQ(name_of_work(task), task.relu ? "norm + activation" : "norm");
        return clipped;
    };
    const std::string conv = R"({"kind": "conv", "out": 8, "kernel": 1, "name": "c"})";
    const std::string biased = R"({"kind": "conv", "out": 8, "kernel": 1, "bias": true, "name": "c"})";
    const std::string norm = R"({"kind": "batchnorm", "name": "n"})";
    const std::string relu = R"({"kind": "relu"})";
    EXPECT_EQ(fused("[" + conv + "," + norm + "," + relu + "]"), 1U);
    EXPECT_EQ(fused("[" + biased + "," + relu + "]"), 1U);
    EXPECT_EQ(fused("[" + conv + "," + norm + R"(, {"kind": "add", "with": "c"},)" + relu + "]"), 1U);
    // A GEMM cannot clip; a row norm is the host's; others read what would be lost.
    EXPECT_EQ(fused("[" + conv + "," + relu + "]"), 0U);
    EXPECT_EQ(fused("[" + conv + R"(, {"kind": "layernorm"},)" + relu + "]"), 0U);
    EXPECT_EQ(fused("[" + conv + "," + norm + "," + relu + R"(, {"kind": "add", "with": "n"}])"), 0U);
}

// Copies of repeated modules, one within another: counted, in pieces or written out, as many ReLUs are fused.
// A copy that begins with a ReLU has none of the copy before, whichever these are.
TEST(TrainingStep, CountedCopiesFuseAsThoseThatAreWrittenOut) {
    const nlohmann::json document = nlohmann::json::parse(R"({"name": "n", "source": "s", "batch": 2,
        "input": {"channels": 8, "height": 1, "width": 1},
        "modules": {"inner": {"layers": [{"name": "r", "kind": "relu"},
                                         {"name": "l", "kind": "linear", "out": 8, "bias": true},
                                         {"name": "s", "kind": "relu"},
                                         {"name": "m", "kind": "linear", "out": 8, "bias": true}]},
                    "outer": {"layers": [{"module": "inner", "name": "i", "repeat": 6}]}},
        "layers": [{"module": "outer", "name": "o", "repeat": 5}]})");
    for (const std::int64_t pieces : {std::int64_t{1}, std::int64_t{2}, std::int64_t{16}, kEveryCopy}) {
        NetworkOptions options;
        options.pieces = pieces;
        const Network net = parse_network(document, "test", options);
        std::int64_t relus = 0;
        std::int64_t fused = 0;
        for (const Layer& layer : net.layers) {
            if (layer.kind != LayerKind::Relu) continue;
            relus += layer.repeat;
            fused += layer.fused ? layer.repeat : 0;
        }
        EXPECT_EQ(relus, 60) << pieces;
        EXPECT_EQ(fused, 30) << pieces;
    }
}

// An input that both could fold is stored in one form: that of the pruned FF.
TEST(TrainingStep, WuReadsTheInputAsFfDoes) {
    const nlohmann::json document = {
        {"name", "n"},
        {"source", "test"},
        {"batch", 2},
        {"input", {{"channels", 8}, {"height", 6}, {"width", 6}}},
        {"layers", {{{"name", "first"}, {"kind", "conv"}, {"out", 16}, {"kernel", 3}, {"pad", 1}}}}};
    const Network net = parse_network(document, "test");
    Recipe recipe;
    recipe.method = Method::Bdwp;
    recipe.nm = {2, 8};
    for (const bool dense : {true, false}) {
        recipe.first_layer_dense = dense;
        const TrainingStep step = make_training_step(net, recipe);
        EXPECT_EQ(gemms(step, Stage::FF).at(0).nm.dense(), dense);
        EXPECT_TRUE(gemms(step, Stage::FF).at(0).gather.from_host);  // its bytes are counted in either case
        EXPECT_EQ(gemms(step, Stage::WU).at(0).gather.from_host, dense);
    }
}

// Every (input position, output position, kernel tap) of a strided convolution's gradient is met exactly once
// by its phases.
TEST(TrainingStep, PhasesOfStridedConvolutionCoverTheGradientOnce) {
    std::mt19937 rng(1);
    const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(rng); };
    for (int round = 0; round < 200; ++round) {
        const int kernel = pick(1, 5);
        const int stride = pick(1, 4);
        const int pad = pick(0, kernel / 2);
        const int height = pick(kernel, 11);
        const int width = pick(kernel, 11);
        const Network net = two_convolutions(height, width, kernel, stride, pad);
        const Layer& layer = net.layers[1];
        using Use = std::tuple<int, int, int, int, int>;  // input y, x; output y, x; tap
        std::set<Use> expected;
        for (int oy = 0; oy < layer.out.height; ++oy) {
            for (int ox = 0; ox < layer.out.width; ++ox) {
                for (int ky = 0; ky < kernel; ++ky) {
                    for (int kx = 0; kx < kernel; ++kx) {
                        const int iy = oy * stride + ky - pad;
                        const int ix = ox * stride + kx - pad;
                        if (iy < 0 || ix < 0 || iy >= height || ix >= width) continue;
                        expected.emplace(iy, ix, oy, ox, ky * kernel + kx);
                    }
                }
            }
        }
        std::set<Use> found;
        std::set<std::pair<int, int>> written;
        for (const GemmTask& task : gemms(make_training_step(net, Recipe{}), Stage::BP)) {
            const Gather& g = task.gather;
            const Scatter& s = task.scatter;
            for (int y = 0; y < g.grid_h; ++y) {
                for (int x = 0; x < g.grid_w; ++x) {
                    const int iy = y * s.step_y + s.off_y;
                    const int ix = x * s.step_x + s.off_x;
                    EXPECT_TRUE(written.emplace(iy, ix).second);
                    for (const Tap& tap : g.taps) {
                        const int oy = y * g.stride_y + tap.dy;
                        const int ox = x * g.stride_x + tap.dx;
                        if (oy < 0 || ox < 0 || oy >= g.in_h || ox >= g.in_w) continue;
                        EXPECT_TRUE(found.emplace(iy, ix, oy, ox, tap.weight_tap).second);
                    }
                }
            }
        }
        EXPECT_EQ(found, expected) << "kernel " << kernel << " stride " << stride << " pad " << pad;
    }
}

// Every (input position, output position, kernel tap) of a transposed convolution is met exactly once by the
// phases of its FF, dilated or not.
TEST(TrainingStep, PhasesOfTransposedConvolutionCoverItsForwardPassOnce) {
    std::mt19937 rng(2);
    const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(rng); };
    for (int round = 0; round < 100; ++round) {
        const int kernel = pick(2, 5);
        const int stride = pick(1, 3);
        const int dilation = pick(1, 2);
        const int pad = pick(0, 1);
        const nlohmann::json layers = {{{"name", "up"},
                                        {"kind", "conv-transpose"},
                                        {"out", 4},
                                        {"kernel", {kernel, 2}},
                                        {"stride", stride},
                                        {"dilation", dilation},
                                        {"pad", pad}}};
        const Network net = parse_network({{"name", "n"},
                                           {"source", "test"},
                                           {"batch", 2},
                                           {"input", {{"channels", 8}, {"height", pick(3, 7)}, {"width", 5}}},
                                           {"layers", layers}},
                                          "test");
        const Layer& layer = net.layers[0];
        using Use = std::tuple<int, int, int, int, int>;  // output y, x; input y, x; tap
        std::set<Use> expected;
        for (int iy = 0; iy < layer.in.height; ++iy) {
            for (int ix = 0; ix < layer.in.width; ++ix) {
                for (int tap = 0; tap < layer.kernel.area(); ++tap) {
                    const int oy = iy * stride + tap / layer.kernel.w * dilation - pad;
                    const int ox = ix * stride + tap % layer.kernel.w * dilation - pad;
                    if (oy < 0 || ox < 0 || oy >= layer.out.height || ox >= layer.out.width) continue;
                    expected.emplace(oy, ox, iy, ix, tap);
                }
            }
        }
        std::set<Use> found;
        for (const GemmTask& task : gemms(make_training_step(net, Recipe{}), Stage::FF)) {
            const Gather& g = task.gather;
            const Scatter& s = task.scatter;
            for (int position = 0; position < g.grid_h * g.grid_w; ++position) {
                const int y = position / g.grid_w;
                const int x = position % g.grid_w;
                for (const Tap& tap : g.taps) {
                    if (y + tap.dy < 0 || x + tap.dx < 0 || y + tap.dy >= g.in_h || x + tap.dx >= g.in_w)
                        continue;
                    EXPECT_TRUE(found
                                    .emplace(y * s.step_y + s.off_y, x * s.step_x + s.off_x, y + tap.dy,
                                             x + tap.dx, tap.weight_tap)
                                    .second);
                }
            }
        }
        EXPECT_EQ(found, expected);
    }
}

// Attention as one layer and as the layers that it consists of are the same GEMMs.
TEST(TrainingStep, AttentionInPartsIsAttention) {
    const auto network = [](const char* middle) {
        const std::string text = std::string(R"({"name": "n", "source": "test", "batch": 3,
            "input": {"channels": 24, "height": 1, "width": 10}, "layers": [{"kind": "linear", "out": 32, "name": "first"},)") +
                                 middle + "]}";
        return parse_network(nlohmann::json::parse(text), "test");
    };
    const Network whole = network(R"({"kind": "attention", "heads": 4})");
    const Network parts = network(R"({"kind": "linear", "out": 96, "name": "qkv"},
        {"kind": "slice", "name": "q0", "axis": "channels", "start": 0, "size": 32, "from": "qkv"},
        {"kind": "slice", "name": "k0", "axis": "channels", "start": 32, "size": 32, "from": "qkv"},
        {"kind": "slice", "name": "v0", "axis": "channels", "start": 64, "size": 32, "from": "qkv"},
        {"kind": "reshape", "name": "q", "from": "q0", "shape": [8, 4, 10]},
        {"kind": "reshape", "name": "k", "from": "k0", "shape": [8, 4, 10]},
        {"kind": "reshape", "name": "v", "from": "v0", "shape": [8, 4, 10]},
        {"kind": "matmul", "name": "scores", "from": "q", "with": "k", "transposed": true},
        {"kind": "softmax", "name": "p"},
        {"kind": "matmul", "name": "context", "from": "p", "with": "v"},
        {"kind": "reshape", "name": "merged", "shape": [32, 1, 10]},
        {"kind": "linear", "out": 32, "name": "out"})");
    EXPECT_EQ(whole.parameters(), parts.parameters());
    EXPECT_EQ(whole.forward_macs(), parts.forward_macs());
    for (const Stage stage : {Stage::FF, Stage::BP, Stage::WU}) {
        const auto shapes = [&](const Network& net) {
            std::multiset<std::tuple<std::int64_t, GemmShape>> all;
            for (const GemmTask& task : gemms(make_training_step(net, Recipe{}), stage))
                all.emplace(task.count, task.shape);
            return all;
        };
        EXPECT_EQ(shapes(whole), shapes(parts)) << to_string(stage);
    }
    // The gradients of q, k and v lie side by side: nothing is added or filled.
    for (const Task& task : make_training_step(parts, Recipe{}).tasks) {
        const auto* vector = std::get_if<VectorTask>(&task);
        if (vector == nullptr) continue;
        EXPECT_NE(vector->op, VectorOp::Add);
        EXPECT_NE(vector->op, VectorOp::ZeroFill);
    }
}

// Elements that the zero fills of a stage write.
std::int64_t filled(const Network& net, Stage stage, std::int64_t batch) {
    std::int64_t elements = 0;
    for (const Task& task : make_training_step(net, Recipe{}, batch).tasks) {
        const auto* vector = std::get_if<VectorTask>(&task);
        if (vector == nullptr || vector->op != VectorOp::ZeroFill || vector->stage != stage) continue;
        EXPECT_EQ(vector->writes_fp16, 1);
        EXPECT_TRUE(vector->sat_capable);
        elements += vector->elements * vector->times;
    }
    return elements;
}

// What a layer reads in part has a gradient of zero elsewhere, which somebody writes.
TEST(TrainingStep, WhatIsReadInPartHasAGradientOfZerosElsewhere) {
    constexpr std::int64_t kBatch = 3;
    constexpr int kWidth = 10;
    const auto zeros = [&](const std::string& layers, Stage stage = Stage::BP) {
        const std::string text =
            R"({"name": "n", "source": "test", "batch": 3, "input": {"channels": 24, "height": 1,
            "width": 10}, "layers": [{"kind": "linear", "out": 8, "name": "a"},)" +
            layers + "]}";
        return filled(parse_network(nlohmann::json::parse(text), "test"), stage, kBatch);
    };
    const std::string first = R"({"kind": "select-token", "name": "t"})";
    const std::string other = R"(, {"kind": "select-token", "from": "a", "name": "u"})";
    const std::string rest =
        R"(, {"kind": "slice", "from": "a", "name": "r", "axis": "width", "start": 1, "size": 9})";
    EXPECT_EQ(zeros(first), kBatch * (kWidth - 1) * 8);
    EXPECT_EQ(zeros(first + other), 2 * kBatch * (kWidth - 1) * 8);
    EXPECT_EQ(zeros(first + rest), 0);  // side by side in one tensor
    EXPECT_EQ(zeros(first + other + rest), kBatch * (kWidth - 1) * 8);
    EXPECT_EQ(zeros(R"({"kind": "slice", "axis": "channels", "start": 2, "size": 5})"), kBatch * kWidth * 3);
    EXPECT_EQ(zeros(R"({"kind": "select", "positions": 4})"), kBatch * (kWidth - 4) * 8);
    // A splice: the rows that another stream took, where the first one has a gradient at all.
    const std::string stream = R"({"kind": "linear", "from": "input", "out": 8, "name": "b"},
        {"kind": "slice", "axis": "width", "start": 0, "size": 4, "name": "few"},)";
    const std::int64_t unread = kBatch * (kWidth - 4) * 8;
    EXPECT_EQ(zeros(stream + R"({"kind": "splice", "from": "a", "with": ["few"]})"), unread + kBatch * 4 * 8);
    // Attention of fewer positions than there are: its result, and the gradients of queries, keys and values.
    const std::string attend = R"({"kind": "attend", "with": ["a", "a"], "heads": 2, "kv_heads": 2)";
    EXPECT_EQ(zeros(attend + "}"), 0);
    EXPECT_EQ(zeros(attend + R"(, "spans": [[3, 2]]})"), 3 * kBatch * (kWidth - 6) * 8);
    EXPECT_EQ(zeros(attend + R"(, "spans": [[3, 2]]})", Stage::FF), kBatch * (kWidth - 6) * 8);
    // Padding is the other way round: its gradient is a part of what it is given.
    EXPECT_EQ(zeros(R"({"kind": "pad", "pad": [0, 1]})"), 0);
}

// The head of the transformer reads its class token alone: 64 of 65 tokens.
TEST(TrainingStep, ClassTokenLeavesZerosInTheTransformer) {
    const Network net = load_network(std::string(SATSIM_SOURCE_DIR) + "/models/networks/vit-cifar.json");
    EXPECT_EQ(filled(net, Stage::BP, 2), 2 * 64 * 512);
}

// The array turns A on its way in, so only what B is has to be turned first: K and V, all heads at once.
TEST(TrainingStep, AttentionTurnsKeysAndValuesOnly) {
    const Network net = load_network(std::string(SATSIM_SOURCE_DIR) + "/models/networks/vit-cifar.json");
    const TrainingStep step = make_training_step(net, Recipe{}, 2);
    std::vector<MatrixShape> turned;
    int gradients = 0;
    for (const Task& task : step.tasks) {
        if (const auto* vector = std::get_if<VectorTask>(&task)) {
            if (vector->op == VectorOp::Transpose) turned.push_back(vector->shape);
            continue;
        }
        const auto& gemm = std::get<GemmTask>(task);
        const bool gradient = gemm.part == "dV" || gemm.part == "dK";
        EXPECT_EQ(gemm.over_positions, gradient) << gemm.part;
        if (!gradient) continue;
        ++gradients;
        EXPECT_EQ(gemm.gather.positions(), gemm.shape.k);
        EXPECT_EQ(gemm.gather.channels, gemm.shape.m);
        EXPECT_EQ(gemm.out, ElementType::Fp16);
    }
    EXPECT_EQ(gradients, 12);
    EXPECT_EQ(turned, std::vector<MatrixShape>(12, {2, 65, 512}));
    // Heads whose rows would be padded one by one stay apart.
    EXPECT_EQ(all_of({2, 65, 20}, 3, true), (MatrixShape{6, 65, 20}));
    EXPECT_EQ(all_of({2, 65, 32}, 3, false), (MatrixShape{6, 65, 32}));
}

TEST(TrainingStep, FirstLayerHasNoBackwardAndWeightUpdatesAreDense) {
    const Network net = load_network(std::string(SATSIM_SOURCE_DIR) + "/models/networks/resnet18.json");
    Recipe recipe;
    recipe.name = "bdwp-2:8";
    recipe.method = Method::Bdwp;
    recipe.nm = {2, 8};
    const TrainingStep step = make_training_step(net, recipe);
    EXPECT_EQ(step.batch, net.batch);
    for (const GemmTask& task : gemms(step, Stage::BP)) EXPECT_NE(task.layer, "conv1");
    for (const GemmTask& task : gemms(step, Stage::WU)) EXPECT_TRUE(task.nm.dense());
    int sparse = 0;
    for (const GemmTask& task : gemms(step, Stage::FF)) {
        if (task.layer == "conv1") {
            EXPECT_TRUE(task.nm.dense());
            EXPECT_EQ(task.dense_reason, "first layer");
        } else {
            EXPECT_EQ(task.nm, (NmPattern{2, 8}));
            ++sparse;
        }
    }
    EXPECT_EQ(sparse, 20);  // 19 convolutions and the classifier
}

// Images go to their convolution in its form, features as they are, token ids nowhere.
TEST(TrainingStep, CountsTheInputsThatAnAcceleratorReads) {
    const auto bytes = [](const nlohmann::json& layers) {
        const nlohmann::json document = {{"name", "n"},
                                         {"source", "test"},
                                         {"batch", 4},
                                         {"input", {{"channels", 30}, {"height", 2}, {"width", 1}}},
                                         {"layers", layers}};
        return make_training_step(parse_network(document, "test"), Recipe{}).input_bytes;
    };
    EXPECT_EQ(bytes({{{"name", "a"}, {"kind", "conv"}, {"out", 8}, {"kernel", 1}}}), 0);
    EXPECT_EQ(bytes({{{"name", "a"}, {"kind", "linear"}, {"out", 8}}}), 4 * 30 * 2 * 2);
    const Network decoder = load_network(std::string(SATSIM_SOURCE_DIR) + "/models/networks/decoder.json");
    EXPECT_EQ(make_training_step(decoder, Recipe{}).input_bytes, 0);
}

TEST(TrainingStep, MethodsPruneTheirOwnStages) {
    const Network net = two_convolutions(8, 8, 3, 1, 1);
    const auto sparse = [&](Method method, Stage stage) {
        Recipe recipe;
        recipe.method = method;
        recipe.nm = {2, 8};
        for (const GemmTask& task : gemms(make_training_step(net, recipe), stage)) {
            if (task.layer == "second") return !task.nm.dense();
        }
        return false;
    };
    EXPECT_FALSE(sparse(Method::Dense, Stage::FF));
    EXPECT_TRUE(sparse(Method::SrSte, Stage::FF));
    EXPECT_FALSE(sparse(Method::SrSte, Stage::BP));
    EXPECT_FALSE(sparse(Method::Sdgp, Stage::FF));
    EXPECT_TRUE(sparse(Method::Sdgp, Stage::BP));
    EXPECT_TRUE(sparse(Method::Bdwp, Stage::FF));
    EXPECT_TRUE(sparse(Method::Bdwp, Stage::BP));
}

// SDGP multiplies its pruned gradient with FF's copy; where a gradient is not pruned BP has its own.
TEST(TrainingStep, UpdatesLeaveTheCopiesThatProductsRead) {
    const auto backward_copy = [](Method method, int channels) -> std::optional<NmPattern> {
        const nlohmann::json document = {
            {"name", "n"},
            {"source", "test"},
            {"batch", 2},
            {"input", {{"channels", 3}, {"height", 8}, {"width", 8}}},
            {"layers",
             {{{"name", "first"}, {"kind", "conv"}, {"out", 16}, {"kernel", 1}},
              {{"name", "second"}, {"kind", "conv"}, {"out", channels}, {"kernel", 3}}}}};
        Recipe recipe;
        recipe.method = method;
        recipe.nm = {2, 8};
        for (const Task& task : make_training_step(parse_network(document, "test"), recipe).tasks) {
            const auto* vector = std::get_if<VectorTask>(&task);
            if (vector != nullptr && vector->op == VectorOp::Optimizer && vector->layer == "second" &&
                vector->shape.rows > 0)
                return vector->pregenerate_bp;
        }
        ADD_FAILURE() << "no update";
        return std::nullopt;
    };
    EXPECT_EQ(backward_copy(Method::Bdwp, 8), (NmPattern{2, 8}));
    EXPECT_TRUE(backward_copy(Method::SrSte, 8).value().dense());
    EXPECT_EQ(backward_copy(Method::Sdgp, 8), std::nullopt);
    EXPECT_TRUE(backward_copy(Method::Sdgp, 12).value().dense());
}

// A convolution of 24 channels on a map of 9x12, and its pruning under SDGP, if there is one.
std::pair<std::vector<GemmTask>, std::optional<VectorTask>> pruned_gradient(const nlohmann::json& fields,
                                                                            const NmPattern& nm) {
    nlohmann::json second = {{"name", "second"}, {"kind", "conv"}, {"out", 24}, {"kernel", 3}, {"pad", 2}};
    second.update(fields);
    const nlohmann::json document = {
        {"name", "n"},
        {"source", "test"},
        {"batch", 2},
        {"input", {{"channels", 3}, {"height", 9}, {"width", 12}}},
        {"layers", {{{"name", "first"}, {"kind", "conv"}, {"out", 12}, {"kernel", 1}}, second}}};
    Recipe recipe;
    recipe.method = Method::Sdgp;
    recipe.nm = nm;
    const TrainingStep step = make_training_step(parse_network(document, "test"), recipe);
    std::optional<VectorTask> prune;
    for (const Task& task : step.tasks)
        if (const auto* vector = std::get_if<VectorTask>(&task))
            if (vector->op == VectorOp::Prune) prune = *vector;
    return {gemms(step, Stage::BP), prune};
}

// One copy for each column of dY that a phase reads: of a dilated kernel whose taps all fall on one phase,
// all of them.
TEST(TrainingStep, APrunedGradientHasACopyForEachColumnThatAPhaseReads) {
    const auto copies = [](const nlohmann::json& fields) {
        const auto [tasks, prune] = pruned_gradient(fields, {2, 8});
        return prune ? prune->shape.taps : 0;
    };
    EXPECT_EQ(copies({{"kernel", 1}}), 1);
    EXPECT_EQ(copies({{"kernel", 3}}), 3);
    EXPECT_EQ(copies({{"kernel", 3}, {"stride", 2}}), 2);
    EXPECT_EQ(copies({{"kernel", 4}, {"stride", 2}}), 2);
    EXPECT_EQ(copies({{"kernel", 3}, {"stride", 4}}), 1);
    EXPECT_EQ(copies({{"kernel", 3}, {"dilation", 2}}), 3);
    EXPECT_EQ(copies({{"kernel", 3}, {"stride", 2}, {"dilation", 2}}), 3);
    EXPECT_EQ(copies({{"kernel", 5}, {"stride", 4}, {"dilation", 2}}), 3);
    EXPECT_EQ(copies({{"kernel", 3}, {"stride", 3}, {"dilation", 2}}), 1);
}

// "prune 1x12x96" and the like: what the BP of the last layer consists of, WU and updates left out.
std::vector<std::string> backward_tasks(const nlohmann::json& layer, const nlohmann::json& first) {
    const nlohmann::json document = {{"name", "n"},
                                     {"source", "test"},
                                     {"batch", 2},
                                     {"input", {{"channels", 32}, {"height", 1}, {"width", 6}}},
                                     {"layers", {first, layer}}};
    Recipe recipe;
    recipe.method = Method::Sdgp;
    recipe.nm = {2, 8};
    const TrainingStep step = make_training_step(parse_network(document, "test"), recipe);
    std::vector<std::string> found;
    for (std::size_t i = 0; i < step.tasks.size(); ++i) {
        if (step.origins[i].layer != 1) continue;
        const auto* gemm = std::get_if<GemmTask>(&step.tasks[i]);
        if (gemm != nullptr && gemm->stage == Stage::BP)
            found.push_back((gemm->sparse_is_activation ? "turned " : "product ") + gemm->part);
        const auto* vector = std::get_if<VectorTask>(&step.tasks[i]);
        if (vector == nullptr || vector->stage != Stage::BP) continue;
        if (vector->op != VectorOp::Prune && vector->op != VectorOp::Transpose) continue;
        const MatrixShape& s = vector->shape;
        found.push_back(std::string(to_string(vector->op)) + " " + std::to_string(s.taps) + "x" +
                        std::to_string(s.rows) + "x" + std::to_string(s.columns));
    }
    return found;
}

// Each gradient is pruned when it is there: dqkv follows from the product of the pruned dout.
TEST(TrainingStep, AttentionPrunesEachOfItsGradients) {
    const nlohmann::json first = {{"kind", "linear"}, {"out", 32}};
    const nlohmann::json attention = {{"kind", "attention"}, {"heads", 1}};
    EXPECT_EQ(backward_tasks(attention, first),
              (std::vector<std::string>{"prune 1x12x32", "turned out", "transpose 1x32x12",
                                        "transpose 2x6x32", "product dP", "product dV", "product dQ",
                                        "product dK", "prune 1x12x96", "turned qkv", "transpose 1x32x12"}));
    // Nothing below it is trained: dX is not wanted.
    EXPECT_EQ(backward_tasks(attention, {{"kind", "gelu"}}).back(), "product dK");
}

// As many prunings and turned products as shares of positions; weights of one share are instances.
TEST(TrainingStep, SetsOfWeightsPruneTheGradientOfEachShare) {
    const nlohmann::json first = {{"kind", "linear"}, {"out", 32}};
    EXPECT_EQ(backward_tasks({{"kind", "linear"}, {"out", 16}, {"sets", {1, 3, 1, 0, 1}}}, first),
              (std::vector<std::string>{"prune 1x6x16", "turned ", "transpose 1x32x6", "prune 3x2x16",
                                        "turned ", "transpose 3x32x2"}));
}

// 1:2 is stored in groups of four, which may not cross taps or groups of channels.
TEST(TrainingStep, GroupsOfAPrunedGradientAreWholeAsTheyAreStored) {
    const auto pruned = [](const nlohmann::json& fields, const NmPattern& nm) {
        const auto [tasks, prune] = pruned_gradient(fields, nm);
        bool turned = false;
        for (const GemmTask& task : tasks) turned = turned || task.sparse_is_activation;
        EXPECT_EQ(turned, prune.has_value());
        return turned;
    };
    const NmPattern one_of_two{1, 2};
    EXPECT_TRUE(pruned({{"out", 24}}, one_of_two));
    EXPECT_FALSE(pruned({{"out", 22}}, one_of_two));
    EXPECT_TRUE(pruned({{"out", 22}, {"kernel", 1}}, one_of_two));  // one run: its last group may be ragged
    EXPECT_TRUE(pruned({{"out", 24}, {"kernel", 1}, {"groups", 2}}, one_of_two));
    EXPECT_FALSE(pruned({{"out", 12}, {"kernel", 1}, {"groups", 2}}, one_of_two));
    EXPECT_FALSE(pruned({{"out", 22}, {"kernel", 1}}, {2, 4}));
    EXPECT_TRUE(pruned({{"out", 24}, {"groups", 3}}, {2, 8}));
    EXPECT_FALSE(pruned({{"out", 24}, {"groups", 2}}, {2, 8}));
}

TEST(TrainingStep, StagesOfEveryModelDoTheSameMultiplications) {
    for (const char* name : {"resnet9", "vgg19", "resnet18", "resnet50", "vit-cifar"}) {
        const Network net =
            load_network(std::string(SATSIM_SOURCE_DIR) + "/models/networks/" + name + ".json");
        const TrainingStep step = make_training_step(net, Recipe{}, 2);
        Macs ff = 0;
        for (const GemmTask& task : gemms(step, Stage::FF)) ff += task.dense_macs();
        EXPECT_EQ(ff, 2 * net.forward_macs()) << name;
        Macs wu = 0;
        for (const GemmTask& task : gemms(step, Stage::WU)) wu += task.dense_macs();
        EXPECT_LE(wu, ff) << name;
    }
}

// What make_training_step() says when it refuses.
std::string refusal(const Network& network, const Recipe& recipe) {
    try {
        (void)make_training_step(network, recipe);
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

TEST(TrainingStep, WithoutWorkIsRefusedWithWhatLeftNothing) {
    const auto network = [](std::int64_t positions) {
        NetworkOptions options;
        if (positions == 0) options.sample_name = "all of text";
        return parse_network({{"name", "n"},
                              {"source", "s"},
                              {"batch", 2},
                              {"input", {{"channels", 8}, {"height", 1}, {"width", 16}}},
                              {"layers",
                               {{{"name", "l"}, {"kind", "linear"}, {"out", 16}},
                                {{"name", "s"}, {"kind", "select"}, {"positions", positions}},
                                {{"name", "loss"}, {"kind", "loss"}}}}},
                             "test", options);
    };
    Recipe off;
    off.name = "off";
    off.losses["loss"] = 0;
    EXPECT_EQ(refusal(network(4), Recipe{}), "");
    EXPECT_EQ(refusal(network(4), off),
              "recipe off: /losses: leaves a step of n without work: loss has weight 0, expected a loss that "
              "counts");
    EXPECT_EQ(refusal(network(0), Recipe{}),
              "network n: has no work in a step of dense: no positions lead to loss in sample all of text");
    EXPECT_EQ(refusal(network(0), off).rfind("recipe off", 0), 0U);
}

TEST(Recipes, NamesAndPatterns) {
    EXPECT_EQ(load_recipe("bdwp-2:8", "").nm, (NmPattern{2, 8}));
    EXPECT_EQ(load_recipe("dense", "").method, Method::Dense);
    for (const char* bad : {"bdwp-3:2", "bdwp-2:7", "bdwp-0:8", "bdwp-x", "bdwp-2:8x", "nothing"}) {
        EXPECT_THROW((void)load_recipe(bad, "no-such-folder"), InputError) << bad;
    }
}

}  // namespace
}  // namespace satsim
