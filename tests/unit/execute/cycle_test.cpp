// SAT's functional and its cycle model leave the same bits, task by task, and so do whole steps.
#include <gtest/gtest.h>

#include "sim/execute/cycle_engine.hpp"
#include "tests/unit/execute/networks.hpp"

namespace satsim::execute {
namespace {

struct Setting {
    const char* name;
    Network (*network)();
    const char* recipe;
};

class Models : public testing::TestWithParam<Setting> {};

TEST_P(Models, AgreeInEveryBit) {
    const Network network = GetParam().network();
    const Recipe recipe = load_recipe(GetParam().recipe, test::kModels);
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
                         testing::Values(Setting{"resnet9_bdwp", test::narrow_resnet9, "bdwp-2:8"},
                                         Setting{"resnet9_dense", test::narrow_resnet9, "dense"},
                                         Setting{"vit_bdwp", test::narrow_vit, "bdwp-2:8"},
                                         Setting{"two_sets", test::two_sets, "bdwp-2:8"},
                                         Setting{"experts", test::few_experts, "bdwp-2:8"},
                                         Setting{"resnet9_sdgp", test::narrow_resnet9, "sdgp-2:8"},
                                         Setting{"vit_sdgp", test::narrow_vit, "sdgp-2:8"},
                                         Setting{"two_sets_sdgp", test::two_sets, "sdgp-2:8"},
                                         Setting{"experts_sdgp", test::few_experts, "sdgp-2:8"},
                                         Setting{"armor_sdgp", test::smallest_armor, "full+sdgp-2:8"},
                                         Setting{"armor_bdwp", test::smallest_armor, "full+bdwp-2:8"}),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace satsim::execute
