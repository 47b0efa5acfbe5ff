// What is refused before anything runs: networks, recipes, placements, tasks that do not fit a SAT.
#include <gtest/gtest.h>

#include <filesystem>

#include "runtime/execute/rotary_head.hpp"
#include "runtime/execute/task_group.hpp"
#include "runtime/support/error.hpp"
#include "tests/unit/execute/support.hpp"

namespace satsim::execute {
namespace {

using nlohmann::json;
using test::network_of;

constexpr TensorShape kRows{16, 1, 6};

// One line that names what and where, before anything runs.
TEST(Refusals, NameWhatAndWhere) {
    CpuEngine cpu;
    SatFunctionalEngine sat(test::small_machine());
    const auto message = [&](const Network& network, const Recipe& recipe, std::vector<Engine*> engines,
                             const std::vector<int>& placement) -> std::string {
        try {
            const TrainingStep step = make_training_step(network, recipe);
            Store store(network, step.batch, 1);
            execute_step(network, recipe, step,
                         placement.empty() ? std::vector<int>(step.tasks.size(), 0) : placement, engines,
                         store);
        } catch (const InputError& error) {
            return error.what();
        }
        return "";
    };
    const Network plain =
        network_of({{{"kind", "linear"}, {"out", 8}}, {{"kind", "gelu"}, {"name", "g"}}}, kRows);
    EXPECT_EQ(message(plain, Recipe{}, {&cpu}, {}), "");
    EXPECT_NE(
        message(plain, Recipe{}, {&sat}, {}).find("g FF activation on sat-functional, which cannot run it"),
        std::string::npos);
    EXPECT_NE(message(plain, Recipe{}, {&cpu}, {0}).find("has 1 tasks"), std::string::npos);
    EXPECT_NE(message(plain, Recipe{}, {&cpu},
                      std::vector<int>(make_training_step(plain, Recipe{}).tasks.size(), 3))
                  .find("is 3, expected one of 1 engines"),
              std::string::npos);
    const Network clipped =
        network_of({{{"kind", "activation"}, {"name", "p"}, {"function", "clip"}}}, kRows);
    EXPECT_EQ(message(clipped, Recipe{}, {&cpu}, {}), "layer p: execution has no rule for the function clip");
    NetworkOptions options;
    options.parameters = {{"layers", 6},   {"tokens", 32}, {"width", 32}, {"heads", 2},
                          {"kv_heads", 2}, {"ffn", 32},    {"vocab", 16}};
    const Network counted = load_network(test::kModels + "/networks/decoder.json", options);
    EXPECT_NE(message(counted, Recipe{}, {&cpu}, {}).find("stands for several layers"), std::string::npos);
}

TEST(Refusals, AreOfNoShippedNetwork) {
    int networks = 0;
    for (const auto& file : std::filesystem::directory_iterator(test::kModels + "/networks")) {
        NetworkOptions options;
        options.pieces = kEveryCopy;
        const Network network = load_network(file.path(), options);
        EXPECT_NO_THROW(require_executable(network)) << file.path();
        ++networks;
    }
    EXPECT_GT(networks, 10);
}

// A store and a step have one rule.
TEST(Refusals, AreTheStores) {
    for (const json& layers : {json{{{"kind", "activation"}, {"name", "p"}, {"function", "clip"}}},
                               json{{{"kind", "permute"}, {"name", "p"}, {"shape", {12, 1, 8}}}}}) {
        const Network network = network_of(layers, kRows);
        std::string of_network;
        try {
            require_executable(network);
        } catch (const InputError& error) {
            of_network = error.what();
        }
        EXPECT_EQ(of_network.find("layer p: "), 0U);
        try {
            const Store store(network, 2, 1);
            ADD_FAILURE() << layers;
        } catch (const InputError& error) {
            EXPECT_EQ(error.what(), of_network);
        }
    }
}

// What it does not refuse it runs.
TEST(Refusals, OfSatAreWhatItWouldThrow) {
    const Network network = network_of({{{"kind", "linear"}, {"out", 32}, {"bias", true}, {"name", "a"}},
                                        {{"kind", "relu"}},
                                        {{"kind", "linear"}, {"out", 32}, {"name", "b"}}},
                                       {32, 1, 6});
    const Recipe recipe = load_recipe("bdwp-2:16", test::kModels);
    const TrainingStep step = make_training_step(network, recipe);
    schedule::MachineView machine = test::small_machine();
    ASSERT_LT(machine.array.max_m, 16);
    const auto refused = [&](const schedule::MachineView& view) {
        const SatFunctionalEngine sat(view);
        std::vector<std::string> tasks;
        for (const Task& task : step.tasks)
            if (!sat.can_run(task)) tasks.push_back(name_of(task));
        return tasks;
    };
    EXPECT_EQ(refused(machine), (std::vector<std::string>{"b FF", "b BP", "b WU optimizer"}));
    machine.array.max_m = 16;
    EXPECT_TRUE(refused(machine).empty());
    machine.array.vmem_lines = 8;
    EXPECT_FALSE(refused(machine).empty());
    SatFunctionalEngine sat(test::small_machine());
    Store store(network, step.batch, 1);
    try {
        execute_step(network, recipe, step, std::vector<int>(step.tasks.size(), 0), {&sat}, store);
        ADD_FAILURE();
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("built for M = 16"), std::string::npos) << error.what();
    }
    EXPECT_TRUE(store.layers[0].out.empty());  // nothing ran
}

// The head of a rotary layer is its attention's, wherever the layers between keep the channels in order.
TEST(Refusals, OfRotaryLayersWithoutAHead) {
    // `between`: layers behind the rotary one, each with a comma; `attend`: fields of the attention. 0:
    // refused.
    const auto head = [](const std::string& between, const std::string& attend) -> std::int64_t {
        const Network network =
            network_of(json::parse(R"([{"kind": "linear", "out": 16, "name": "v"},
                            {"kind": "linear", "from": "input", "out": 16, "name": "x"},
                            {"kind": "rope", "size": 16, "name": "r"},)" +
                                   between + R"({"kind": "attend", "name": "o", )" + attend + "}]"),
                       kRows);
        if (const std::optional<std::int64_t> found = rotary_head(network, 2)) return *found;
        EXPECT_THROW(require_executable(network), InputError);
        return 0;
    };
    const std::string four = R"("with": ["v", "v"], "heads": 4, "kv_heads": 4)";
    const std::string two = R"("with": ["v", "v"], "heads": 2, "kv_heads": 2)";
    EXPECT_EQ(head("", four), 4);
    EXPECT_EQ(head("", two), 8);
    for (const char* kind : {"rmsnorm", "layernorm", "gelu", "batchnorm", "tokens"})
        EXPECT_EQ(head(std::string(R"({"kind": ")") + kind + R"("},)", four), 4) << kind;
    EXPECT_EQ(head(R"({"kind": "add", "with": "v"},)", four), 4);
    EXPECT_EQ(head(R"({"kind": "mul", "from": "v", "with": "r"},)", four), 4);
    EXPECT_EQ(
        head(R"({"kind": "reshape", "shape": [16, 2, 3]}, {"kind": "reshape", "shape": [16, 1, 6]},)", four),
        4);
    // Behind eight channels of another tensor, of which a slice leaves some out.
    const auto shifted = [](int start) {
        return R"({"kind": "slice", "from": "v", "axis": "channels", "start": 0, "size": 8, "name": "w"},
                  {"kind": "concat", "from": "w", "with": ["r"], "axis": "channels"},
                  {"kind": "slice", "axis": "channels", "size": 16, "start": )" +
               std::to_string(start) + "},";
    };
    EXPECT_EQ(head(shifted(4), four), 4);
    EXPECT_EQ(head(shifted(8), two), 8);
    EXPECT_EQ(head(shifted(4), two), 0);  // the layer begins within a head
    EXPECT_EQ(head(R"({"kind": "select", "positions": 12}, {"kind": "combine", "ways": 2},)", four), 4);
    EXPECT_EQ(head(R"({"kind": "linear", "out": 16},)", four), 0);
    EXPECT_EQ(head("", R"("from": "v", "with": ["r", "v"], "heads": 4, "kv_heads": 4)"), 4);
    EXPECT_EQ(head("", R"("from": "v", "with": ["v", "r"], "heads": 4, "kv_heads": 4)"), 0);  // values alone
    const std::string before = R"({"kind": "attend", )" + two + R"(, "name": "p"},)";
    EXPECT_EQ(head(before, four), 8);  // the first's
    EXPECT_EQ(head(before, R"("from": "r", "with": ["v", "v"], "heads": 4, "kv_heads": 4)"),
              0);  // they disagree
}

}  // namespace
}  // namespace satsim::execute
