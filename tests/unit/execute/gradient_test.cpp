// Each kind of layer in the reference: its gradients against central differences of its own forward pass.
//
// Every network has something trained below the layer that is tried, so that what the layer hands down is
// tried too. The function that is differentiated is the sum of outputs times the gradients that the store
// gives them, or the loss.
#include <gtest/gtest.h>

#include "runtime/support/error.hpp"
#include "tests/unit/execute/support.hpp"

namespace satsim::execute {
namespace {

using nlohmann::json;
using test::network_of;

struct Trial {
    const char* name;
    const char* layers;
    TensorShape input;
};

class Gradients : public testing::TestWithParam<Trial> {};

class Function {
  public:
    Function(Network network, Recipe recipe, Engine& engine)
        : network_(std::move(network)),
          recipe_(std::move(recipe)),
          step_(make_training_step(network_, recipe_)),
          placement_(step_.tasks.size(), 0),
          engine_(engine) {}

    [[nodiscard]] Store store() const { return {network_, step_.batch, 7, true}; }
    StepOutcome run(Store& store) {
        schedule::Hyperparameters hyper;
        return execute_step(network_, recipe_, step_, placement_, {&engine_}, store, hyper);
    }
    struct Value {
        double sum = 0;
        double size = 0;  // of the magnitudes of what is summed
    };
    Value value(Store store) {
        store.forget_copies();
        run(store);
        Value value;
        const auto add = [&](double part) {
            value.sum += part;
            value.size += std::abs(part);
        };
        for (const auto& [name, loss] : store.losses) add(loss * recipe_.loss_scale);
        for (std::size_t i = 0; i < store.output_gradients.size(); ++i)
            for (std::size_t j = 0; j < store.output_gradients[i].size(); ++j)
                add(store.output_gradients[i][j] * store.layers[i].out[j]);
        return value;
    }

  private:
    Network network_;
    Recipe recipe_;
    TrainingStep step_;
    std::vector<int> placement_;
    Engine& engine_;
};

// A few values of every tensor are moved up and down. Returns the worst distance of a gradient from its
// quotient, as a multiple of what is allowed: a part of the quotient itself, a smaller part of the tensor's
// largest gradient for what the third derivative adds, and what the sum's rounding makes of it. Nothing is
// absolute: a loss of any weight is held to the same.
double worst_gradient(Function& function) {
    constexpr double kStep = 1e-5;
    constexpr double kOwn = 1e-6;
    constexpr double kLargest = 1e-8;
    constexpr double kRounding = 1e-14;  // of the sum: a few units of binary64
    constexpr std::size_t kTried = 9;
    double worst = 0;
    const Store start = function.store();
    Store stepped = start;
    function.run(stepped);
    std::size_t tried = 0;
    for (std::size_t layer = 0; layer < start.weights.size(); ++layer) {
        for (Parameter LayerWeights::*part : {&LayerWeights::matrix, &LayerWeights::others}) {
            const Values& gradient = (stepped.weights[layer].*part).gradient;
            const std::size_t size = gradient.size();
            double scale = 0;
            for (const double each : gradient) scale = std::max(scale, std::abs(each));
            for (std::size_t i = 0; i < size; i += std::max<std::size_t>(1, size / kTried)) {
                const auto moved = [&](double by) {
                    Store store = start;
                    (store.weights[layer].*part).master[i] += by;
                    return function.value(std::move(store));
                };
                const Function::Value up = moved(kStep);
                const double slope = (up.sum - moved(-kStep).sum) / (2 * kStep);
                const double allowed =
                    kOwn * std::abs(slope) + kLargest * scale + kRounding * up.size / kStep;
                const double apart = std::abs(gradient[i] - slope);
                worst = std::max(worst, apart > 0 ? apart / allowed : 0);
                ++tried;
            }
        }
    }
    EXPECT_GT(tried, 0U);
    return worst;
}

void expect_true_gradients(Network network, const Recipe& recipe = {}) {
    ReferenceEngine engine;
    Function function(std::move(network), recipe, engine);
    EXPECT_LE(worst_gradient(function), 1);
}

TEST_P(Gradients, AreDifferenceQuotients) {
    const Trial& trial = GetParam();
    expect_true_gradients(network_of(json::parse(trial.layers), trial.input));
}

constexpr TensorShape kMap{4, 6, 6};
constexpr TensorShape kRows{8, 1, 6};
INSTANTIATE_TEST_SUITE_P(
    Kinds, Gradients,
    testing::Values(
        Trial{"conv", R"([{"kind": "conv", "out": 8, "kernel": 3, "pad": 1, "bias": true},
                          {"kind": "conv", "out": 4, "kernel": 3, "pad": 1, "stride": 2}])",
              kMap},
        Trial{
            "conv_phases_without_a_tap",
            R"([{"kind": "conv", "out": 4, "kernel": 1}, {"kind": "conv", "out": 4, "kernel": 1, "stride": 2}])",
            kMap},
        Trial{"conv_groups", R"([{"kind": "conv", "out": 8, "kernel": 1},
                                 {"kind": "conv", "out": 4, "kernel": 3, "groups": 2, "dilation": 2}])",
              kMap},
        Trial{"conv_transpose",
              R"([{"kind": "conv", "out": 4, "kernel": 1},
                  {"kind": "conv-transpose", "out": 6, "kernel": 4, "stride": 2, "pad": 1, "bias": true}])",
              kMap},
        Trial{"linear", R"([{"kind": "linear", "out": 12, "bias": true}, {"kind": "linear", "out": 5}])",
              kRows},
        Trial{"batchnorm", R"([{"kind": "conv", "out": 4, "kernel": 1}, {"kind": "batchnorm"}])", kMap},
        Trial{"layernorm", R"([{"kind": "linear", "out": 12}, {"kind": "layernorm"}])", kRows},
        Trial{"layernorm_without_shift",
              R"([{"kind": "linear", "out": 12}, {"kind": "layernorm", "shift": false}])", kRows},
        Trial{"layernorm_untrained",
              R"([{"kind": "linear", "out": 12}, {"kind": "layernorm", "affine": false}])", kRows},
        Trial{"rmsnorm", R"([{"kind": "linear", "out": 12}, {"kind": "rmsnorm"}])", kRows},
        Trial{"rmsnorm_of_heads", R"([{"kind": "linear", "out": 12}, {"kind": "rmsnorm", "size": 4}])",
              kRows},
        Trial{"groupnorm", R"([{"kind": "conv", "out": 6, "kernel": 1}, {"kind": "groupnorm", "groups": 3}])",
              kMap},
        Trial{"relu", R"([{"kind": "linear", "out": 12}, {"kind": "relu"}])", kRows},
        Trial{"gelu", R"([{"kind": "linear", "out": 12}, {"kind": "gelu"}])", kRows},
        Trial{"glu", R"([{"kind": "linear", "out": 12}, {"kind": "glu", "function": "silu"}])", kRows},
        Trial{"softmax", R"([{"kind": "linear", "out": 12}, {"kind": "softmax"}])", kRows},
        Trial{"maxpool", R"([{"kind": "conv", "out": 4, "kernel": 1},
                             {"kind": "maxpool", "kernel": 3, "stride": 2, "pad": 1}])",
              kMap},
        Trial{"avgpool", R"([{"kind": "conv", "out": 4, "kernel": 1},
                             {"kind": "avgpool", "kernel": 2, "stride": 2}])",
              kMap},
        Trial{"globalpool", R"([{"kind": "conv", "out": 4, "kernel": 1}, {"kind": "globalpool"}])", kMap},
        Trial{"reduce", R"([{"kind": "linear", "out": 4}, {"kind": "reduce", "axis": "width"}])", kRows},
        Trial{"add", R"([{"kind": "linear", "out": 8, "name": "a"},
                         {"kind": "linear", "out": 8, "name": "b"}, {"kind": "add", "with": "a"}])",
              kRows},
        Trial{"add_spread",
              R"([{"kind": "linear", "out": 8, "name": "a"}, {"kind": "reduce", "axis": "width", "name": "r"},
                                {"kind": "add", "from": "a", "with": "r"}])",
              kRows},
        Trial{"mul", R"([{"kind": "linear", "out": 8, "name": "a"},
                         {"kind": "linear", "out": 8, "name": "b"}, {"kind": "mul", "with": "a"}])",
              kRows},
        Trial{"mul_spread",
              R"([{"kind": "linear", "out": 8, "name": "a"}, {"kind": "reduce", "axis": "width", "name": "r"},
                                {"kind": "mul", "from": "a", "with": "r"}])",
              kRows},
        Trial{
            "concat",
            R"([{"kind": "linear", "out": 8, "name": "a"}, {"kind": "linear", "out": 4, "from": "input", "name": "b"},
                            {"kind": "concat", "from": "a", "with": ["b"], "axis": "channels"}])",
            kRows},
        Trial{"slices", R"([{"kind": "linear", "out": 12, "name": "a"},
                            {"kind": "slice", "axis": "channels", "start": 0, "size": 4, "name": "x"},
                            {"kind": "slice", "from": "a", "axis": "channels", "start": 2, "size": 4, "name": "y"},
                            {"kind": "slice", "from": "a", "axis": "channels", "start": 7, "size": 4, "name": "z"},
                            {"kind": "mul", "from": "x", "with": "y"}, {"kind": "mul", "with": "z"}])",
              kRows},
        Trial{"slices_out_of_order", R"([{"kind": "linear", "out": 7, "name": "a"},
                            {"kind": "slice", "axis": "channels", "start": 1, "size": 3, "name": "b"},
                            {"kind": "slice", "from": "a", "axis": "channels", "start": 3, "size": 3, "name": "c"},
                            {"kind": "slice", "from": "a", "axis": "channels", "start": 0, "size": 2, "name": "x"},
                            {"kind": "slice", "from": "a", "axis": "channels", "start": 5, "size": 2, "name": "y"},
                            {"kind": "mul", "from": "b", "with": "c", "name": "m"},
                            {"kind": "mul", "from": "x", "with": "y", "name": "o"},
                            {"kind": "concat", "from": "m", "with": ["o"], "axis": "channels"}])",
              kRows},
        Trial{"slices_of_two_steps", R"([{"kind": "linear", "out": 8, "name": "a"},
                            {"kind": "slice", "axis": "channels", "start": 0, "size": 3, "step": 2, "name": "b"},
                            {"kind": "slice", "from": "a", "axis": "channels", "start": 1, "size": 2, "step": 4, "name": "c"},
                            {"kind": "slice", "from": "a", "axis": "width", "start": 1, "size": 3, "step": 2, "name": "d"},
                            {"kind": "slice", "from": "a", "axis": "width", "start": 0, "size": 3, "step": 2, "name": "e"},
                            {"kind": "mul", "from": "d", "with": "e"}, {"kind": "gelu", "from": "b"}, {"kind": "gelu", "from": "c"}])",
              kRows},
        Trial{"space_to_depth", R"([{"kind": "conv", "out": 4, "kernel": 1},
                                    {"kind": "permute", "shape": [16, 3, 3]}])",
              kMap},
        Trial{"transposed", R"([{"kind": "linear", "out": 4},
                                {"kind": "permute", "shape": [6, 1, 4], "transposed": true}])",
              kRows},
        Trial{"rows_and_columns",
              R"([{"kind": "conv", "out": 4, "kernel": 1}, {"kind": "reshape", "shape": [4, 4, 9]},
                                      {"kind": "permute", "shape": [4, 9, 4]}])",
              kMap},
        Trial{"other_channels",
              R"([{"kind": "conv", "out": 2, "kernel": 1}, {"kind": "reshape", "shape": [2, 4, 9]},
                  {"kind": "permute", "shape": [9, 4, 2], "transposed": true}, {"kind": "gelu"},
                  {"kind": "permute", "shape": [2, 9, 4], "transposed": true}, {"kind": "gelu"},
                  {"kind": "permute", "shape": [4, 2, 9], "transposed": true}])",
              kMap},
        Trial{"views",
              R"([{"kind": "conv", "out": 4, "kernel": 1}, {"kind": "tokens"}, {"kind": "linear", "out": 4},
                           {"kind": "reshape", "shape": [4, 6, 6]}, {"kind": "flatten"}])",
              kMap},
        Trial{"pad", R"([{"kind": "conv", "out": 4, "kernel": 1}, {"kind": "pad", "pad": 1}])", kMap},
        Trial{"resize",
              R"([{"kind": "conv", "out": 4, "kernel": 1}, {"kind": "resize", "shape": [4, 12, 9]}])", kMap},
        Trial{"embedding",
              R"([{"kind": "linear", "out": 8}, {"kind": "embedding", "class_token": true, "rows": 9}])",
              kRows},
        Trial{"select_token", R"([{"kind": "linear", "out": 8}, {"kind": "select-token"}])", kRows},
        Trial{"select_token_beside_others",
              R"([{"kind": "linear", "out": 8, "name": "a"}, {"kind": "select-token", "name": "x"},
                  {"kind": "select-token", "from": "a", "name": "y"}, {"kind": "mul", "with": "x"},
                  {"kind": "slice", "from": "a", "axis": "width", "start": 2, "size": 3}, {"kind": "gelu"},
                  {"kind": "gelu", "from": "a"}])",
              kRows},
        Trial{"selects",
              R"([{"kind": "linear", "out": 8, "name": "a"}, {"kind": "select", "positions": 3, "name": "x"},
                             {"kind": "select", "from": "a", "positions": 2, "name": "y"},
                             {"kind": "select", "from": "a", "positions": 3, "name": "z"},
                             {"kind": "mul", "from": "x", "with": "z"}])",
              kRows},
        Trial{"splice",
              R"([{"kind": "linear", "out": 8, "name": "a"}, {"kind": "select", "positions": 2, "name": "b"},
                            {"kind": "linear", "out": 8, "name": "c"},
                            {"kind": "splice", "from": "a", "with": ["c"]}])",
              kRows},
        Trial{"rope",
              R"([{"kind": "linear", "out": 8, "name": "a"}, {"kind": "rope", "size": 6}, {"kind": "rmsnorm"},
                          {"kind": "attend", "with": ["a", "a"], "heads": 2, "kv_heads": 2}])",
              kRows},
        Trial{
            "matmul",
            R"([{"kind": "linear", "out": 6, "name": "a"}, {"kind": "linear", "from": "input", "out": 5, "name": "b"},
                            {"kind": "matmul", "from": "a", "with": "b"}])",
            kRows},
        Trial{
            "matmul_transposed",
            R"([{"kind": "linear", "out": 6, "name": "a"}, {"kind": "linear", "from": "input", "out": 6, "name": "b"},
                                       {"kind": "matmul", "from": "a", "with": "b", "transposed": true}])",
            kRows},
        Trial{"attend",
              R"([{"kind": "linear", "out": 24, "name": "qkv"},
                  {"kind": "slice", "axis": "channels", "start": 0, "size": 8, "name": "q"},
                  {"kind": "slice", "from": "qkv", "axis": "channels", "start": 8, "size": 8, "name": "k"},
                  {"kind": "slice", "from": "qkv", "axis": "channels", "start": 16, "size": 8, "name": "v"},
                  {"kind": "attend", "from": "q", "with": ["k", "v"], "heads": 2, "kv_heads": 2}])",
              kRows},
        Trial{"attend_grouped_causal",
              R"([{"kind": "linear", "out": 20, "name": "qkv"}, {"kind": "rope", "size": 12, "name": "r"},
                  {"kind": "slice", "axis": "channels", "start": 0, "size": 8, "name": "q"},
                  {"kind": "slice", "from": "r", "axis": "channels", "start": 8, "size": 4, "name": "k"},
                  {"kind": "slice", "from": "r", "axis": "channels", "start": 12, "size": 8, "name": "v"},
                  {"kind": "attend", "from": "q", "with": ["k", "v"], "heads": 4, "kv_heads": 2, "causal": true, "window": 3}])",
              kRows},
        Trial{"attend_behind_its_spans",
              R"([{"kind": "linear", "out": 24, "name": "qkv"},
                  {"kind": "slice", "axis": "channels", "start": 0, "size": 8, "name": "q"},
                  {"kind": "slice", "from": "qkv", "axis": "channels", "start": 8, "size": 8, "name": "k"},
                  {"kind": "slice", "from": "qkv", "axis": "channels", "start": 16, "size": 8, "name": "v"},
                  {"kind": "attend", "from": "q", "with": ["k", "v"], "heads": 2, "kv_heads": 2, "spans": [[2, 2]]}])",
              kRows},
        Trial{
            "attention",
            R"([{"kind": "linear", "out": 8}, {"kind": "attention", "heads": 2, "bias": true}, {"kind": "gelu"},
                  {"kind": "attention", "heads": 4}])",
            kRows},
        Trial{"attention_first", R"([{"kind": "attention", "heads": 2, "bias": true}])", kRows},
        Trial{"linear_of_sets",
              R"([{"kind": "linear", "out": 8, "sets": [2, 1, 0, 2, 1], "bias": true}, {"kind": "gelu"},
                  {"kind": "linear", "out": 6, "sets": 3}, {"kind": "gelu"},
                  {"kind": "linear", "out": 4, "sets": [5, 1]}])",
              kRows},
        Trial{"norms_of_sets",
              R"([{"kind": "linear", "out": 8}, {"kind": "layernorm", "sets": [4, 0, 2]}, {"kind": "gelu"},
                  {"kind": "layernorm", "sets": 2, "shift": false}, {"kind": "linear", "out": 8},
                  {"kind": "rmsnorm", "sets": [1, 5]}, {"kind": "gelu"}, {"kind": "rmsnorm", "size": 2, "sets": [3, 3]},
                  {"kind": "layernorm", "sets": 2, "affine": false}])",
              kRows},
        Trial{"combine",
              R"([{"kind": "linear", "out": 8}, {"kind": "combine", "ways": 3}, {"kind": "gelu"}])", kRows},
        Trial{"experts",
              R"([{"kind": "linear", "out": 8, "name": "a"}, {"kind": "select", "positions": 12},
                  {"kind": "linear", "out": 8, "sets": 4}, {"kind": "gelu"}, {"kind": "combine", "ways": 2},
                  {"kind": "add", "with": "a"}])",
              kRows},
        Trial{"positions_several_times",
              R"([{"kind": "linear", "out": 8, "name": "a"}, {"kind": "select", "positions": 3, "name": "b"},
                  {"kind": "select", "from": "a", "positions": 10, "name": "c"},
                  {"kind": "select", "from": "a", "positions": 4, "name": "d"}, {"kind": "gelu", "from": "c"},
                  {"kind": "gelu", "from": "b"}])",
              kRows},
        Trial{"table_read_by_index",
              R"([{"kind": "parameter", "shape": [8, 1, 6], "trained": 20, "name": "p"},
                  {"kind": "parameter", "shape": [8, 1, 1], "trained": 30, "name": "q"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "add", "with": "p"}, {"kind": "mul", "with": "q"}])",
              kRows},
        Trial{"lookup", R"([{"kind": "lookup", "rows": 5, "out": 8}, {"kind": "gelu"}])",
              TensorShape{1, 1, 6}},
        Trial{"tied_table", R"([{"kind": "lookup", "rows": 5, "out": 8, "name": "t"}, {"kind": "gelu"},
                                {"kind": "linear", "out": 5, "tied": "t"}, {"kind": "loss"}])",
              TensorShape{1, 1, 6}},
        Trial{"tied_matrix", R"([{"kind": "linear", "out": 8, "name": "a"}, {"kind": "gelu"},
                                 {"kind": "linear", "out": 8, "tied": "a"}, {"kind": "gelu"},
                                 {"kind": "linear", "out": 8, "tied": "a"}])",
              kRows},
        Trial{"loss", R"([{"kind": "linear", "out": 10}, {"kind": "loss"}])", kRows}),
    [](const auto& each) { return std::string(each.param.name); });

// Tensors that all samples share, whose gradients are sums over them: also of one sample.
class SharedOperands : public testing::TestWithParam<std::tuple<Trial, int>> {};

TEST_P(SharedOperands, HaveTheGradientOfAllSamples) {
    const auto& [trial, batch] = GetParam();
    expect_true_gradients(network_of(json::parse(trial.layers), trial.input, batch));
}
INSTANTIATE_TEST_SUITE_P(
    Batches, SharedOperands,
    testing::Combine(
        testing::Values(
            Trial{"add_trained_vector",
                  R"([{"kind": "parameter", "shape": [8, 1, 1], "trained": 8, "name": "p"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "add", "with": "p"}])",
                  kRows},
            Trial{"add_trained_map",
                  R"([{"kind": "parameter", "shape": [8, 1, 6], "trained": 48, "name": "p"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "add", "with": "p"}])",
                  kRows},
            Trial{"mul_trained_vector",
                  R"([{"kind": "parameter", "shape": [8, 1, 1], "trained": 8, "name": "p"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "mul", "with": "p"}])",
                  kRows},
            Trial{
                "concat_parameter",
                R"([{"kind": "parameter", "shape": [8, 1, 1], "trained": 8, "name": "p"}, {"kind": "linear", "from": "input", "out": 8},
                  {"kind": "concat", "with": ["p"], "axis": "width"}])",
                kRows},
            Trial{"add_trained_scalar",
                  R"([{"kind": "parameter", "shape": [1, 1, 1], "trained": 1, "name": "p"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "add", "with": "p"}])",
                  kRows},
            Trial{
                "add_vector_of_a_parameter",
                R"([{"kind": "parameter", "shape": [8, 1, 6], "trained": 48}, {"kind": "reduce", "axis": "width", "name": "r"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "add", "with": "r"}])",
                kRows},
            Trial{"mul_trained_scalar",
                  R"([{"kind": "parameter", "shape": [1, 1, 1], "trained": 1, "name": "p"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "mul", "with": "p"}])",
                  kRows},
            Trial{"mul_trained_map",
                  R"([{"kind": "parameter", "shape": [8, 1, 6], "trained": 48, "name": "p"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "mul", "with": "p"}])",
                  kRows},
            Trial{"one_position",
                  R"([{"kind": "parameter", "shape": [8, 1, 1], "trained": 8, "name": "p"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "add", "with": "p"}, {"kind": "mul", "with": "p"}])",
                  TensorShape{8, 1, 1}},
            Trial{"add_of_parameters",
                  R"([{"kind": "parameter", "shape": [8, 1, 1], "trained": 8, "name": "p"},
                  {"kind": "parameter", "shape": [8, 1, 6], "trained": 48, "name": "q"},
                  {"kind": "mul", "with": "p"}, {"kind": "add", "with": "q", "name": "s"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "add", "with": "s"}])",
                  kRows},
            Trial{"matmul_by_parameter",
                  R"([{"kind": "parameter", "shape": [5, 1, 6], "trained": 30, "name": "p"},
                  {"kind": "linear", "from": "input", "out": 6}, {"kind": "matmul", "with": "p"}])",
                  kRows},
            Trial{"matmul_by_transposed_parameter",
                  R"([{"kind": "parameter", "shape": [6, 1, 5], "trained": 30, "name": "p"},
                  {"kind": "linear", "from": "input", "out": 6}, {"kind": "matmul", "with": "p", "transposed": true}])",
                  kRows},
            Trial{"matmul_of_parameter",
                  R"([{"kind": "parameter", "shape": [6, 1, 4], "trained": 24, "name": "p"},
                  {"kind": "linear", "from": "input", "out": 5, "name": "a"}, {"kind": "matmul", "from": "p", "with": "a"}])",
                  kRows},
            Trial{"matmul_of_maps",
                  R"([{"kind": "parameter", "shape": [5, 6, 4], "trained": 120, "name": "p"},
                  {"kind": "conv", "from": "input", "out": 4, "kernel": 1}, {"kind": "reshape", "shape": [4, 6, 6]},
                  {"kind": "matmul", "with": "p"}])",
                  kMap},
            Trial{"attend_by_parameter",
                  R"([{"kind": "parameter", "shape": [8, 1, 3], "trained": 24, "name": "p"},
                  {"kind": "linear", "from": "input", "out": 8, "name": "k"}, {"kind": "linear", "from": "input", "out": 8, "name": "v"},
                  {"kind": "attend", "from": "p", "with": ["k", "v"], "heads": 2, "kv_heads": 2}])",
                  kRows},
            Trial{"attend_to_parameters",
                  R"([{"kind": "parameter", "shape": [8, 1, 3], "trained": 24, "name": "k"},
                  {"kind": "parameter", "shape": [8, 1, 3], "trained": 24, "name": "v"},
                  {"kind": "linear", "from": "input", "out": 16}, {"kind": "attend", "with": ["k", "v"], "heads": 4, "kv_heads": 2}])",
                  kRows},
            Trial{"select_of_parameter",
                  R"([{"kind": "parameter", "shape": [8, 1, 6], "trained": 48, "name": "p"},
                  {"kind": "select", "positions": 3, "name": "s"}, {"kind": "select", "from": "p", "positions": 2, "name": "t"},
                  {"kind": "slice", "from": "s", "axis": "width", "start": 0, "size": 2}, {"kind": "mul", "with": "t"},
                  {"kind": "reduce", "axis": "width", "name": "r"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "add", "with": "r"}])",
                  kRows},
            Trial{"splice_of_parameters",
                  R"([{"kind": "parameter", "shape": [8, 1, 6], "trained": 48, "name": "p"},
                  {"kind": "parameter", "shape": [8, 1, 2], "trained": 16, "name": "q"},
                  {"kind": "splice", "from": "p", "with": ["q"], "name": "s"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "add", "with": "s"}])",
                  kRows},
            Trial{"combine_of_parameters",
                  R"([{"kind": "parameter", "shape": [8, 1, 6], "trained": 20},
                  {"kind": "select", "positions": 12}, {"kind": "combine", "ways": 2, "name": "s"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "add", "with": "s"}])",
                  kRows},
            Trial{
                "sets_of_parameters",
                R"([{"kind": "parameter", "shape": [8, 1, 6], "trained": 48}, {"kind": "linear", "sets": [4, 2], "bias": true, "out": 8},
                  {"kind": "layernorm", "sets": [2, 4], "name": "s"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "add", "with": "s"}])",
                kRows},
            Trial{
                "attention_of_parameters",
                R"([{"kind": "parameter", "shape": [8, 1, 6], "trained": 48}, {"kind": "attention", "heads": 2, "bias": true, "name": "s"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "add", "with": "s"}])",
                kRows},
            Trial{"concat_of_parameters",
                  R"([{"kind": "parameter", "shape": [8, 1, 1], "trained": 8, "name": "p"},
                  {"kind": "parameter", "shape": [8, 1, 5], "trained": 40, "name": "q"},
                  {"kind": "concat", "from": "q", "with": ["p"], "axis": "width", "name": "c"},
                  {"kind": "linear", "from": "input", "out": 8}, {"kind": "add", "with": "c"}])",
                  kRows}),
        testing::Values(1, 2)),
    [](const auto& each) {
        return std::get<0>(each.param).name + ("_batch_" + std::to_string(std::get<1>(each.param)));
    });

class Functions : public testing::TestWithParam<const char*> {};

TEST_P(Functions, OfElements) {
    expect_true_gradients(network_of(
        {{{"kind", "linear"}, {"out", 12}}, {{"kind", "activation"}, {"function", GetParam()}}}, kRows));
}
INSTANTIATE_TEST_SUITE_P(Named, Functions,
                         testing::Values("celu", "elu", "exp", "gelu", "hardsigmoid", "hardswish",
                                         "leakyrelu", "mish", "relu6", "selu", "sigmoid", "silu", "softplus",
                                         "tanh"));

// What these tests are for: a fault of one part in a thousand is outside, also of a small gradient.
class Wrong : public ReferenceEngine {
  public:
    void gemm(const GemmWork& work) override {
        ReferenceEngine::gemm(work);
        if (work.task.stage == Stage::WU)
            for (std::int64_t n = 0; n < work.task.shape.n; ++n) work.rows.at(0, 0)[n] *= 1.001;
    }
};

TEST(GradientBound, NoticesAFaultOfAnyWeight) {
    const Network network =
        network_of({{{"kind", "linear"}, {"out", 10}}, {{"kind", "loss"}, {"name", "loss"}}}, kRows);
    for (const double weight : {1.0, 1e-3, 1e-6}) {
        Recipe recipe;
        recipe.losses["loss"] = weight;
        expect_true_gradients(network, recipe);
        Wrong wrong;
        Function function(network, recipe, wrong);
        EXPECT_GT(worst_gradient(function), 10) << weight;
    }
}

}  // namespace
}  // namespace satsim::execute
