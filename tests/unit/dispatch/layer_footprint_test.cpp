// Room for the copies of weights that are never updated.
#include "runtime/dispatch/layer_footprint.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runtime/workload/training_step.hpp"

namespace satsim {
namespace {

// A frozen convolution of 16 channels and a 3x3 kernel behind a trained one, so that it hands a gradient
// down.
LayerFootprint frozen_convolution(Method method) {
    const nlohmann::json document = {
        {"name", "n"},
        {"source", "test"},
        {"batch", 2},
        {"input", {{"channels", 3}, {"height", 8}, {"width", 8}}},
        {"layers",
         {{{"name", "first"}, {"kind", "conv"}, {"out", 16}, {"kernel", 1}},
          {{"name", "frozen"}, {"kind", "conv"}, {"out", 16}, {"kernel", 3}, {"stride", 2}},
          {{"name", "loss"}, {"kind", "loss"}}}}};
    Recipe recipe;
    recipe.method = method;
    recipe.nm = {2, 8};
    recipe.freeze = {"frozen"};
    const Network network = parse_network(document, "test");
    const TrainingStep step = make_training_step(network, recipe);
    return layer_footprints(network, recipe, step).at(1);
}

TEST(LayerFootprint, FrozenLayersHaveTheCopiesThatTheirProductsRead) {
    constexpr Bytes kWeights = 3 * 3 * 16 * 16;
    const LayerFootprint dense = frozen_convolution(Method::Dense);
    EXPECT_EQ(dense.forward_copy, 2 * kWeights);
    EXPECT_EQ(dense.backward_copy, 2 * kWeights);
    EXPECT_FALSE(dense.backward_reads_forward_copy);
    // 2 of 8 values of two bytes and nibbles of an index, in both directions.
    const LayerFootprint both = frozen_convolution(Method::Bdwp);
    EXPECT_EQ(both.forward_copy, kWeights / 4 * 5 / 2);
    EXPECT_EQ(both.backward_copy, kWeights / 4 * 5 / 2);
    // The gradient is pruned, and multiplied with FF's copy.
    const LayerFootprint gradient = frozen_convolution(Method::Sdgp);
    EXPECT_EQ(gradient.forward_copy, 2 * kWeights);
    EXPECT_EQ(gradient.backward_copy, 0);
    EXPECT_TRUE(gradient.backward_reads_forward_copy);
}

}  // namespace
}  // namespace satsim
