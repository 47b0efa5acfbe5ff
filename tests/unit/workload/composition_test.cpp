// Modules: counted repeats, scopes, wrong input.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim {
namespace {

using nlohmann::json;

json network_of(json layers, json more = json::object()) {
    json document = {{"name", "n"},
                     {"source", "s"},
                     {"batch", 2},
                     {"input", {{"channels", 16}, {"height", 1}, {"width", 8}}},
                     {"layers", std::move(layers)}};
    document.update(more);
    return document;
}

const json kBlock = json::parse(R"([{"name": "norm", "kind": "rmsnorm"},
    {"name": "qkv", "kind": "linear", "out": "3 * $width"},
    {"name": "q", "kind": "slice", "from": "qkv", "axis": "channels", "start": 0, "size": "$width"},
    {"name": "k", "kind": "slice", "from": "qkv", "axis": "channels", "start": "$width", "size": "$width"},
    {"name": "v", "kind": "slice", "from": "qkv", "axis": "channels", "start": "2 * $width", "size": "$width"},
    {"name": "attend", "kind": "attend", "from": "q", "with": ["k", "v"], "heads": 4, "causal": true},
    {"name": "out", "kind": "linear", "out": "$width", "bias": true},
    {"name": "add", "kind": "add", "with": "input"}])");

// All work of a step by what it is.
std::map<std::string, std::int64_t> work_of(const TrainingStep& step) {
    std::map<std::string, std::int64_t> work;
    for (const Task& task : step.tasks) {
        if (const auto* gemm = std::get_if<GemmTask>(&task)) {
            const std::string key = std::string(to_string(gemm->stage)) + " " + to_string(gemm->nm);
            work[key + " tasks"] += gemm->times;
            work[key + " MACs"] += gemm->times * gemm->dense_macs();
        } else {
            const auto& vector = std::get<VectorTask>(task);
            const std::string key = std::string(to_string(vector.stage)) + " " + to_string(vector.op);
            work[key + " tasks"] += vector.times;
            work[key + " elements"] += vector.times * vector.elements;
            work[key + " bytes"] += vector.times * vector.extra_bytes;
        }
    }
    return work;
}

class CountedRepeats : public testing::TestWithParam<int> {};

// A module that is counted gives the same step as one that is written out.
TEST_P(CountedRepeats, AreTheSameStepAsWrittenOut) {
    const int repeat = GetParam();
    const json last = {{"name", "head"}, {"kind", "linear"}, {"out", 10}};
    const json loss = {{"name", "loss"}, {"kind", "loss"}};
    const json first = {{"name", "first"}, {"kind", "linear"}, {"out", 16}};
    const json counted =
        network_of({first,
                    {{"module", "m"}, {"name", "b"}, {"repeat", repeat}, {"parameters", {{"width", 16}}}},
                    last,
                    loss},
                   {{"modules", {{"m", {{"parameters", {{"width", nullptr}}}, {"layers", kBlock}}}}}});
    const json written = network_of(
        {first, {{"block", "m"}, {"name", "b"}, {"repeat", repeat}, {"with", {{"width", 16}}}}, last, loss},
        {{"blocks", {{"m", kBlock}}}});
    const Network a = parse_network(counted, "counted");
    const Network b = parse_network(written, "written");
    EXPECT_EQ(a.parameters(), b.parameters());
    EXPECT_EQ(a.forward_macs(), b.forward_macs());
    EXPECT_EQ(a.activation_bytes(4), b.activation_bytes(4));
    EXPECT_EQ(a.layers.size(), 3 + kBlock.size() * static_cast<std::size_t>(std::min(repeat, 3)));
    Recipe recipe;
    for (const Method method : {Method::Dense, Method::Bdwp, Method::Sdgp, Method::SrSte}) {
        recipe.method = method;
        recipe.nm = method == Method::Dense ? NmPattern{8, 8} : NmPattern{2, 8};
        for (const std::vector<std::string>& freeze :
             {std::vector<std::string>{}, {"b"}, {"first"}, {"first", "b"}}) {
            recipe.freeze = freeze;
            EXPECT_EQ(work_of(make_training_step(a, recipe)), work_of(make_training_step(b, recipe)));
        }
    }
}
INSTANTIATE_TEST_SUITE_P(Repeats, CountedRepeats, testing::Values(1, 2, 3, 4, 5, 17));

TEST(Compositions, TasksGrowWithDistinctLayersNotWithDepth) {
    const std::string file = std::string(SATSIM_SOURCE_DIR) + "/models/networks/decoder.json";
    const auto tasks = [&](std::int64_t layers) {
        NetworkOptions options;
        options.parameters = {{"layers", layers}, {"tokens", 1024}};
        return make_training_step(load_network(file, options), Recipe{}).tasks.size();
    };
    EXPECT_EQ(tasks(32), tasks(64));
    EXPECT_EQ(tasks(4), tasks(10000));
}

TEST(Compositions, ParametersAreResolvedWhereTheyStand) {
    const json document =
        network_of({{{"module", "outer"}, {"name", "o"}, {"parameters", {{"wide", "2 * $base"}}}}},
                   {{"parameters", {{"base", {{"value", 16}, {"source", "here"}}}, {"half", "$base / 2"}}},
                    {"modules",
                     {{"outer",
                       {{"parameters", {{"wide", nullptr}, {"out", "$wide + $half"}}},
                        {"modules", {{"inner", {{"layers", {{{"kind", "linear"}, {"out", "$out"}}}}}}}},
                        {"layers", {{{"module", "inner"}, {"name", "i"}}}}}}}}});
    EXPECT_EQ(parse_network(document, "n").layers.at(0).out.channels, 2 * 16 + 8);
    NetworkOptions options;
    options.parameters = {{"base", 32}};
    EXPECT_EQ(parse_network(document, "n", options).layers.at(0).out.channels, 2 * 32 + 16);
    options.parameters = {{"basis", 32}};
    EXPECT_THROW((void)parse_network(document, "n", options), InputError);
}

TEST(Compositions, WhatWhenLeavesOutIsReadThrough) {
    const auto channels = [](int on) {
        const json document = network_of({{{"name", "a"}, {"kind", "linear"}, {"out", 8}},
                                          {{"name", "b"}, {"kind", "linear"}, {"out", 4}, {"when", "$on"}},
                                          {{"name", "c"}, {"kind", "gelu"}, {"from", "b"}}},
                                         {{"parameters", {{"on", on}}}});
        return parse_network(document, "n").layers.back().out.channels;
    };
    EXPECT_EQ(channels(1), 4);
    EXPECT_EQ(channels(0), 8);
}

// Elements of the FP32 zero fills of the network's last layer but the loss, before which they must come.
std::int64_t filled(const json& layers, const TensorShape& input) {
    const json document = network_of(
        layers,
        {{"input", {{"channels", input.channels}, {"height", input.height}, {"width", input.width}}}});
    std::int64_t elements = 0;
    bool summed = false;
    for (const Task& task : make_training_step(parse_network(document, "n"), Recipe{}).tasks) {
        const auto* vector = std::get_if<VectorTask>(&task);
        if (vector == nullptr || vector->stage != Stage::BP) continue;
        summed = summed || vector->op == VectorOp::Embed;
        if (vector->op != VectorOp::ZeroFill) continue;
        EXPECT_FALSE(summed);
        EXPECT_FALSE(vector->sat_capable);  // the rows' sums are the host's too
        EXPECT_EQ(vector->reads_fp16 + vector->reads_fp32 + vector->writes_fp16, 0);
        EXPECT_EQ(vector->writes_fp32, 1);
        elements += vector->elements;
    }
    return elements;
}

TEST(Compositions, GradientsOfTablesAreClearedBeforeTheirRowsAreAddedUp) {
    const json loss{{"name", "loss"}, {"kind", "loss"}};
    const json lookup{{"name", "e"}, {"kind", "lookup"}, {"rows", 96}, {"out", 32}};
    EXPECT_EQ(filled({lookup, loss}, {1, 1, 8}), 96 * 32);
    const json linear{{"name", "a"}, {"kind", "linear"}, {"out", 8}};
    EXPECT_EQ(filled({linear, {{"name", "q"}, {"kind", "quantize"}, {"rows", 50}}, loss}, {4, 1, 6}), 50 * 8);
    // Every sample has all positions: only a longer table has rows that none reaches.
    EXPECT_EQ(filled({linear, {{"name", "p"}, {"kind", "embedding"}}, loss}, {4, 1, 6}), 0);
    EXPECT_EQ(
        filled({linear, {{"name", "p"}, {"kind", "embedding"}, {"class_token", true}}, loss}, {4, 1, 6}), 0);
    EXPECT_EQ(filled({linear, {{"name", "p"}, {"kind", "embedding"}, {"rows", 9}}, loss}, {4, 1, 6}), 3 * 8);
    // A parameter that is gathered from a table, and one that is read as it is.
    const auto added = [&](int trained) {
        return json{linear,
                    {{"name", "p"}, {"kind", "parameter"}, {"shape", {8, 1, 6}}, {"trained", trained}},
                    {{"name", "sum"}, {"kind", "add"}, {"from", "a"}, {"with", "p"}},
                    loss};
    };
    EXPECT_EQ(filled(added(20), {4, 1, 6}), 20);
    EXPECT_EQ(filled(added(48), {4, 1, 6}), 0);
}

TEST(Compositions, ATiedHeadHasNoParametersAndOneOptimizer) {
    const json document = network_of({{{"name", "e"}, {"kind", "lookup"}, {"rows", 96}, {"out", 32}},
                                      {{"name", "head"}, {"kind", "linear"}, {"out", 96}, {"tied", "e"}},
                                      {{"name", "loss"}, {"kind", "loss"}}},
                                     {{"input", {{"channels", 1}, {"height", 1}, {"width", 8}}}});
    const Network network = parse_network(document, "n");
    EXPECT_EQ(network.parameters(), 96 * 32);
    int updates = 0;
    int sums = 0;
    for (const Task& task : make_training_step(network, Recipe{}).tasks) {
        const auto* vector = std::get_if<VectorTask>(&task);
        if (vector == nullptr) continue;
        updates += vector->op == VectorOp::Optimizer ? 1 : 0;
        sums += vector->op == VectorOp::Add && vector->stage == Stage::WU ? 1 : 0;
        if (vector->op == VectorOp::Optimizer) {
            EXPECT_TRUE(vector->pregenerate_ff.has_value());  // the head's GEMMs read copies
        }
    }
    EXPECT_EQ(updates, 1);
    EXPECT_EQ(sums, 1);
}

TEST(Compositions, TwoWeightSetsShareThePositions) {
    const json document = network_of({{{"name", "a"}, {"kind", "linear"}, {"out", 32}, {"sets", {5, 3}}}});
    const Network network = parse_network(document, "n");
    EXPECT_EQ(network.parameters(), 2 * 16 * 32);
    EXPECT_EQ(network.forward_macs(), 8 * 16 * 32);
    std::vector<std::int64_t> rows;
    for (const Task& task : make_training_step(network, Recipe{}).tasks) {
        if (const auto* gemm = std::get_if<GemmTask>(&task); gemm != nullptr && gemm->stage == Stage::FF)
            rows.push_back(gemm->shape.m);
    }
    EXPECT_EQ(rows, (std::vector<std::int64_t>{10, 6}));  // of two samples
}

struct Bad {
    const char* name;
    const char* change;    // JSON merge patch onto a good network
    const char* expected;  // part of the message
};
class BadComposition : public testing::TestWithParam<Bad> {};

TEST_P(BadComposition, IsRefusedInOneLineWithItsPlace) {
    json good = network_of({{{"module", "m"}, {"name", "x"}, {"parameters", {{"w", 16}}}}},
                           {{"modules",
                             {{"m",
                               {{"parameters", {{"w", nullptr}}},
                                {"layers", {{{"name", "l"}, {"kind", "linear"}, {"out", "$w"}}}}}}}}});
    ASSERT_NO_THROW((void)parse_network(good, "good.json"));
    good.merge_patch(json::parse(GetParam().change));
    try {
        (void)parse_network(good, "bad.json");
        FAIL() << "accepted";
    } catch (const InputError& error) {
        const std::string message = error.what();
        EXPECT_EQ(message.rfind("bad.json: /", 0), 0U) << message;
        EXPECT_NE(message.find(GetParam().expected), std::string::npos) << message;
        EXPECT_EQ(message.find('\n'), std::string::npos);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Inputs, BadComposition,
    testing::Values(
        Bad{"NoSuchModule", R"({"layers": [{"module": "q", "name": "x"}]})", "/layers/0/module: is \"q\""},
        Bad{"NoSuchFile", R"({"modules": {"m": "nowhere.json"}})",
            "/modules/m: is \"nowhere.json\", expected a file"},
        Bad{"Cycle",
            R"({"modules": {"m": {"parameters": {"w": 1}, "layers": [{"module": "m", "name": "y"}]}}})",
            "/modules/m/layers/0/module: is \"m\", a cycle"},
        Bad{"CycleOfTwo",
            R"({"modules": {"m": {"parameters": {"w": 1}, "layers": [{"module": "k", "name": "y"}]},
                            "k": {"layers": [{"module": "m", "name": "z"}]}}})",
            "a cycle"},
        Bad{"ParameterWithoutValue", R"({"layers": [{"module": "m", "name": "x"}]})",
            "/modules/m/parameters/w"},
        Bad{"UnknownParameter",
            R"({"layers": [{"module": "m", "name": "x", "parameters": {"w": 1, "v": 2}}]})",
            "/layers/0/parameters/v: is no parameter"},
        Bad{"DefinedByItself", R"({"parameters": {"a": "$b", "b": "$a"}})", "is defined by itself"},
        Bad{"UnknownName", R"({"parameters": {"a": "$c"}})", "/parameters/a: is \"$c\": $c is no parameter"},
        Bad{"ShapesDoNotMatch",
            R"({"layers": [{"name": "a", "kind": "linear", "out": 8}, {"kind": "attend", "from": "a", "with": ["input", "a"], "heads": 2}]})",
            "/layers/1/with: has keys of 16 features"},
        Bad{"HeadsDoNotDivide",
            R"({"layers": [{"kind": "attend", "with": ["input", "input"], "heads": 4, "kv_heads": 3}]})",
            "/layers/0/kv_heads: is 3"},
        Bad{"SpansTooLong",
            R"({"layers": [{"kind": "attend", "with": ["input", "input"], "spans": [[5, 2]]}]})",
            "/layers/0/spans: covers 10 positions"},
        Bad{"SpansWithoutName",
            R"({"layers": [{"kind": "attend", "with": ["input", "input"], "spans": "documents"}]})",
            "/layers/0/spans: is \"documents\""},
        Bad{"SpliceTooLong",
            R"({"input": null, "inputs": {"a": {"channels": 4, "height": 1, "width": 8}, "b": {"channels": 4, "height": 1, "width": 3, "items": 3}},
                "layers": [{"kind": "splice", "from": "a", "with": "b"}]})",
            "/layers/0/with: has 9 positions, expected at most 8"},
        Bad{"NothingBefore",
            R"({"input": null, "inputs": {"a": {"channels": 4, "height": 1, "width": 8}, "b": {"channels": 4, "height": 1, "width": 3}},
                "layers": [{"kind": "relu"}]})",
            "/layers/0: lacks the field \"from\""},
        Bad{"SetsDoNotAddUp", R"({"layers": [{"kind": "linear", "out": 4, "sets": [1, 2]}]})",
            "/layers/0/sets: adds up to 3"},
        Bad{"TiedToNothing",
            R"({"layers": [{"name": "r", "kind": "relu"}, {"kind": "linear", "out": 4, "tied": "r"}]})",
            "/layers/1/tied: is \"r\""},
        Bad{"TiedToSeveralWeights",
            R"({"layers": [{"kind": "linear", "out": 4}, {"name": "s", "kind": "linear", "out": 4, "sets": 2},
                           {"kind": "linear", "out": 4, "tied": "s"}]})",
            "/layers/2/tied: is \"s\""},
        Bad{"NestedTooDeep",
            R"({"parameters": {"a": "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1"}})",
            "nests too deep"},
        Bad{"MissingInput",
            R"({"modules": {"m": {"inputs": ["image"], "parameters": {"w": 1}, "layers": [{"kind": "relu"}]}}})",
            "/layers/0: lacks the input \"image\""},
        Bad{"BothInputs", R"({"inputs": {"a": {"channels": 4, "height": 1, "width": 8}}})", "has both"},
        Bad{"TooMuchWork",
            R"({"layers": [{"module": "m", "name": "x", "parameters": {"w": 1048576}, "repeat": 10000},
                           {"module": "m", "name": "y", "parameters": {"w": 1048576}, "repeat": 10000}]})",
            "more than 10^"}),
    [](const auto& instance) { return instance.param.name; });

TEST(ModuleFiles, AreReadOnceAndNamedInErrors) {
    namespace fs = std::filesystem;
    const fs::path folder = fs::temp_directory_path() / "satsim_module_files";
    fs::create_directories(folder / "deep");
    const auto write = [&](const char* name, const json& document) {
        std::ofstream(folder / name) << document;
    };
    write("n.json", network_of({{{"module", "a"}, {"name", "x"}}}, {{"modules", {{"a", "deep/a.json"}}}}));
    write("deep/a.json", {{"modules", {{"b", "b.json"}}}, {"layers", {{{"module", "b"}, {"name", "y"}}}}});
    write("deep/b.json", {{"layers", {{{"name", "l"}, {"kind", "linear"}, {"out", 4}}}}});
    EXPECT_EQ(load_network(folder / "n.json").layers.at(0).name, "x.y.l");
    write("deep/b.json", {{"layers", {{{"name", "l"}, {"kind", "linear"}, {"out", "$x"}}}}});
    const auto message = [&] {
        try {
            (void)load_network(folder / "n.json");
        } catch (const InputError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_NE(message().find("deep/b.json: /layers/0/out: is \"$x\""), std::string::npos) << message();
    write("deep/b.json", {{"modules", {{"a", "a.json"}}}, {"layers", {{{"module", "a"}, {"name", "z"}}}}});
    EXPECT_NE(message().find("deep/b.json: /layers/0/module: is \"a\", a cycle"), std::string::npos)
        << message();
    fs::remove_all(folder);
}

}  // namespace
}  // namespace satsim
