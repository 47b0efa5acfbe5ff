// SAT's functional and its cycle model leave the same bits, task by task, and so do whole steps.
#include <gtest/gtest.h>

#include "sim/execute/cycle_engine.hpp"
#include "tests/unit/execute/networks.hpp"

namespace satsim::execute {
namespace {

class Models : public testing::TestWithParam<const char*> {};

TEST_P(Models, AgreeInEveryBit) {
    const Network network =
        std::string(GetParam()).starts_with("resnet9") ? test::narrow_resnet9() : test::smallest_armor();
    const Recipe recipe = load_recipe(std::string(GetParam()).ends_with("dense")  ? "dense"
                                      : std::string(GetParam()).ends_with("sdgp") ? "full+sdgp-2:8"
                                                                                  : "full+bdwp-2:8",
                                      test::kModels);
    const TrainingStep step = make_training_step(network, recipe, 1);
    SatFunctionalEngine functional(test::small_machine());
    SatCycleEngine cycle(test::small_machine());
    CpuEngine cpu;
    const auto run = [&](Engine& engine) {
        const std::vector<Engine*> engines{&engine, &cpu};
        Store store(network, 1, 3);
        return test::all_of(
            execute_step(network, recipe, step, test::first_placement(step, engines), engines, store));
    };
    const auto a = run(functional);
    const auto b = run(cycle);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        ASSERT_EQ(a[i].values.size(), b[i].values.size());
        for (std::size_t j = 0; j < a[i].values.size(); ++j)
            ASSERT_EQ(std::bit_cast<std::uint64_t>(a[i].values[j]),
                      std::bit_cast<std::uint64_t>(b[i].values[j]))
                << a[i].name << " " << j;
    }
    EXPECT_GT(cycle.cycles(), 1000);
}

INSTANTIATE_TEST_SUITE_P(Steps, Models,
                         testing::Values("resnet9_bdwp", "resnet9_dense", "armor_bdwp", "resnet9_sdgp",
                                         "armor_sdgp"));

}  // namespace
}  // namespace satsim::execute
