// Whole steps, every task placed at random: outputs, gradients and masters agree within what one unit of FP16
// in every map does (docs/architecture/execution.md).
#include <gtest/gtest.h>

#include "tests/unit/execute/engines.hpp"
#include "tests/unit/execute/networks.hpp"

namespace satsim::execute {
namespace {

using test::distance;

struct Setting {
    const char* name;
    Network (*network)();
    const char* recipe;
    std::int64_t batch;
    int seeds;
};

class Placements : public testing::TestWithParam<Setting> {
  protected:
    Placements()
        : network_(GetParam().network()),
          recipe_(load_recipe(GetParam().recipe, test::kModels)),
          step_(make_training_step(network_, recipe_, GetParam().batch)) {}

    std::vector<NamedValues> run(const std::vector<Engine*>& engines, const std::vector<int>& placement) {
        Store store = start_;
        schedule::Hyperparameters hyper;
        hyper.learning_rate = 1e-3F;
        return test::all_of(execute_step(network_, recipe_, step_, placement, engines, store, hyper));
    }
    std::vector<NamedValues> run(Engine& engine) {
        return run({&engine}, std::vector<int>(step_.tasks.size(), 0));
    }
    // Pruned gradients keep what the first of these runs keeps.
    std::vector<NamedValues> run_selected(const std::vector<Engine*>& engines,
                                          const std::vector<int>& placement) {
        std::vector<test::SelectingEngine> selecting;
        selecting.reserve(engines.size());
        std::vector<Engine*> used;
        for (Engine* engine : engines) used.push_back(&selecting.emplace_back(*engine, selections_));
        return run(used, placement);
    }
    std::vector<NamedValues> run_selected(Engine& engine) {
        return run_selected({&engine}, std::vector<int>(step_.tasks.size(), 0));
    }
    // Two placements may stand on either side of what the CPU computes: twice what shaking it does.
    std::vector<double> bounds(const std::vector<NamedValues>& cpu) {
        std::vector<double> bounds(cpu.size(), 0.0);
        for (const unsigned seed : {1U, 2U, 3U}) {
            test::ShakenEngine shaken(seed);
            const std::vector<NamedValues> moved = run_selected(shaken);
            for (std::size_t i = 0; i < cpu.size(); ++i)
                bounds[i] = std::max(bounds[i], 2 * distance(moved[i].values, cpu[i].values));
        }
        return bounds;
    }

    Network network_;
    Recipe recipe_;
    TrainingStep step_;
    Store start_{network_, GetParam().batch, 11};
    test::Selections selections_;
    CpuEngine cpu_;
    SatFunctionalEngine sat_{test::small_machine()};
};

TEST_P(Placements, AgreeWithinTheFormat) {
    const std::vector<NamedValues> cpu = run_selected(cpu_);
    const std::vector<double> allowed = bounds(cpu);
    double worst = 0;
    const auto expect_near = [&](const std::vector<NamedValues>& other, const std::string& what) {
        ASSERT_EQ(other.size(), cpu.size());
        for (std::size_t i = 0; i < cpu.size(); ++i) {
            const double found = distance(other[i].values, cpu[i].values);
            EXPECT_LE(found, allowed[i]) << what << ": " << cpu[i].name;
            if (allowed[i] > 0) worst = std::max(worst, found / allowed[i]);
        }
    };
    const std::vector<Engine*> engines{&sat_, &cpu_};
    expect_near(run_selected(engines, test::first_placement(step_, engines)), "all that SAT can");
    for (int seed = 1; seed <= GetParam().seeds; ++seed)
        expect_near(
            run_selected(engines, test::random_placement(step_, engines, static_cast<unsigned>(seed))),
            "seed " + std::to_string(seed));
    RecordProperty("worst_share_of_bound", std::to_string(worst));
    EXPECT_GT(worst, 0);  // the engines do not secretly share their arithmetic
    // A bound that allows anything would prove nothing: outputs to 2 %, all tensors to less than their size.
    for (std::size_t i = 0; i < cpu.size(); ++i)
        EXPECT_LT(allowed[i], cpu[i].name.starts_with("output") ? 0.02 : 1.0) << cpu[i].name;
}

TEST_P(Placements, TasksAgreeElementByElement) {
    test::ComparingEngine both(sat_, cpu_);
    const std::vector<Engine*> engines{&both, &cpu_};
    run(engines, test::first_placement(step_, engines));
    EXPECT_EQ(both.outside, 0) << both.where;
    EXPECT_GT(both.compared, 1000);
    EXPECT_GT(both.different, 0);
    bool sums = false;
    for (const Stage stage : {Stage::FF, Stage::BP})
        sums = sums || test::can_have(step_, test::Fault::Sum, stage);
    EXPECT_EQ(both.compared_sums > 100, sums);
    EXPECT_GT(both.compared_copies, 1000);
    RecordProperty("compared", std::to_string(both.compared));
    RecordProperty("different", std::to_string(both.different));
}

// What these tests are for: faults of one engine, each in one task of the step, are outside both bounds.
TEST_P(Placements, NoticeAFault) {
    const std::vector<NamedValues> cpu = run_selected(cpu_);
    const std::vector<double> allowed = bounds(cpu);
    for (const test::Fault fault : {test::Fault::Mask, test::Fault::Taps, test::Fault::Rows, test::Fault::Sum,
                                    test::Fault::Copy, test::Fault::Kept, test::Fault::Shift}) {
        for (const Stage stage : {Stage::FF, Stage::BP, Stage::WU}) {
            if (!test::can_have(step_, fault, stage)) continue;
            const std::string what =
                "fault " + std::to_string(static_cast<int>(fault)) + " in " + to_string(stage);
            test::SelectingEngine selecting(cpu_, selections_);
            test::FaultyEngine faulty(fault, stage, selecting);
            const std::vector<NamedValues> wrong = run(faulty);
            bool outside = false;
            for (std::size_t i = 0; i < cpu.size(); ++i)
                outside = outside || distance(wrong[i].values, cpu[i].values) > allowed[i];
            // A copy is read by the next step.
            EXPECT_TRUE(outside || fault == test::Fault::Copy) << what;
            test::FaultyEngine again(fault, stage, cpu_);
            test::ComparingEngine both(again, cpu_);
            run(both);
            EXPECT_GT(both.outside, 0) << what;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Networks, Placements,
    testing::Values(Setting{"strided_first", test::strided_first, "dense", 2, 2},
                    Setting{"resnet9_dense", test::narrow_resnet9, "dense", 2, 3},
                    Setting{"resnet9_bdwp", test::narrow_resnet9, "bdwp-2:8", 2, 3},
                    Setting{"resnet9_sdgp", test::narrow_resnet9, "sdgp-2:8", 2, 3},
                    Setting{"resnet9_sdgp_2_of_4", test::narrow_resnet9, "sdgp-2:4", 2, 2},
                    Setting{"armor_full_sdgp", test::smallest_armor, "full+sdgp-2:8", 1, 2},
                    Setting{"armor_full_sdgp_2_of_4", test::smallest_armor, "full+sdgp-2:4", 1, 2},
                    Setting{"vit_dense", test::narrow_vit, "dense", 2, 3},
                    Setting{"vit_bdwp", test::narrow_vit, "bdwp-2:8", 2, 3},
                    Setting{"vit_sdgp", test::narrow_vit, "sdgp-2:8", 2, 3},
                    Setting{"vit_sdgp_2_of_4", test::narrow_vit, "sdgp-2:4", 2, 2},
                    Setting{"two_sets", test::two_sets, "bdwp-2:8", 2, 3},
                    Setting{"two_sets_sdgp", test::two_sets, "sdgp-2:8", 2, 3},
                    Setting{"experts", test::few_experts, "bdwp-2:8", 2, 3},
                    Setting{"experts_sdgp", test::few_experts, "sdgp-2:8", 2, 3},
                    Setting{"armor_stage_3", test::smallest_armor, "wohg-3+bdwp-2:8", 1, 2},
                    Setting{"armor_full", test::smallest_armor, "full+bdwp-2:8", 1, 2},
                    Setting{"armor_full_dense", test::smallest_armor, "full", 1, 2}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace satsim::execute
