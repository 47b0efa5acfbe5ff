// Every vector task that the workloads mark as SAT's own becomes a program that the checker accepts.
#include <gtest/gtest.h>

#include <set>

#include "runtime/isa/checker.hpp"
#include "runtime/schedule/emit_vector.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim::schedule {
namespace {

class Networks : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(Networks, AllTasksHavePrograms) {
    const auto [name, recipe_name] = GetParam();
    const std::filesystem::path models = std::filesystem::path(SATSIM_SOURCE_DIR) / "models";
    const Network network = load_network(models / "networks" / (std::string(name) + ".json"));
    const TrainingStep step = make_training_step(network, load_recipe(recipe_name, models));
    isa::ArrayConfig full;
    isa::ArrayConfig thin;
    thin.channels = 1;
    thin.vmem_lines = 256;
    std::set<std::tuple<int, std::int64_t, Bytes>> seen;
    int programs = 0;
    for (const Task& task : step.tasks) {
        const auto* vector = std::get_if<VectorTask>(&task);
        if (vector == nullptr || !vector->sat_capable) continue;
        if (!seen.insert({static_cast<int>(vector->op), vector->elements, vector->extra_bytes}).second)
            continue;
        for (const isa::ArrayConfig& array : {full, thin}) {
            ASSERT_NO_THROW(isa::check(emit_vector(*vector, {array, {}}), vector->layer)) << vector->layer;
            ++programs;
        }
    }
    EXPECT_GT(programs, 10);
}

INSTANTIATE_TEST_SUITE_P(
    Recipes, Networks,
    ::testing::Combine(::testing::Values("resnet9", "resnet18", "resnet50", "vgg19", "vit-cifar"),
                       ::testing::Values("dense", "bdwp-2:8", "sdgp-2:4", "sr-ste-1:8")));

}  // namespace
}  // namespace satsim::schedule
