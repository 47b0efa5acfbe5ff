// What a limited time goes to, by a clock of the test's own.
#include "runtime/gpu_record/time_budget.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "runtime/gpu_record/energy_share.hpp"
#include "runtime/gpu_record/plan.hpp"
#include "runtime/support/error.hpp"
#include "runtime/workload/training_step.hpp"
#include "tests/unit/gpu_record/fake_meter.hpp"

namespace satsim::gpu {
namespace {

std::vector<TrainingStep> steps_of(const std::vector<const char*>& names) {
    const std::filesystem::path models = std::filesystem::path(SATSIM_SOURCE_DIR) / "models";
    std::vector<TrainingStep> steps;
    for (const char* name : names)
        for (const char* recipe : {"dense", "bdwp-2:8"})
            steps.push_back(
                make_training_step(load_network(models / "networks" / (std::string(name) + ".json")),
                                   load_recipe(recipe, models), std::nullopt));
    return steps;
}

// Measuring a piece of work moves the clock, reading its energy too.
class SlowMeter : public test::FakeMeter {
  public:
    SlowMeter(double& now, double timing, double reading) : now_(now), timing_(timing), reading_(reading) {}
    [[nodiscard]] Measurement measure(const Work& work, bool energy) override {
        now_ += timing_ + (energy ? reading_ : 0);
        read += energy ? 1 : 0;
        return FakeMeter::measure(work, energy);
    }
    int read = 0;

  private:
    double& now_;
    double timing_;
    double reading_;
};

struct Outcome {
    int calls = 0;
    int read = 0;
    double seconds = 0;
    Recording recording;
};
Outcome measure(const std::vector<TrainingStep>& steps, double seconds, double timing, double reading) {
    double now = 1000;
    SlowMeter meter(now, timing, reading);
    Outcome outcome;
    outcome.recording.device = meter.device();
    TimeBudget budget(seconds, [&now] { return now; });
    for (const TrainingStep& step : steps) budget.expect(step.tasks, outcome.recording.device);
    for (const TrainingStep& step : steps) measure_missing(step.tasks, meter, outcome.recording, budget, {});
    outcome.calls = meter.calls;
    outcome.read = meter.read;
    outcome.seconds = now - 1000;
    return outcome;
}

TEST(GpuTimeBudget, EverythingIsTimedAndEnergyReadAsFarAsItGoes) {
    const auto steps = steps_of({"resnet18", "vit-cifar", "decoder"});
    const Outcome all = measure(steps, 1e9, 0.1, 0.2);
    ASSERT_GT(all.read, 50);
    ASSERT_GT(all.calls, all.read);
    // Nothing is measured twice, since later steps were expected.
    EXPECT_EQ(static_cast<std::size_t>(all.calls), all.recording.measurements.size());
    int before = 0;
    for (const double part : {0.5, 0.7, 0.9}) {
        const double seconds = part * all.seconds;
        const Outcome some = measure(steps, seconds, 0.1, 0.2);
        EXPECT_EQ(some.recording.measurements.size(), all.recording.measurements.size());
        EXPECT_LE(some.seconds, seconds);
        EXPECT_GT(some.seconds, 0.8 * seconds);  // and it is not left unused
        EXPECT_GT(some.read, before);
        EXPECT_LT(some.read, all.read);
        before = some.read;
    }
}

TEST(GpuTimeBudget, ReadsWhatWeighsMost) {
    const auto steps = steps_of({"decoder"});
    const Outcome some = measure(steps, 12, 0.1, 0.2);
    const WorkPlan plan = plan_work(steps[0].tasks);
    const std::vector<double> shares = estimate_shares(steps[0].tasks, plan, some.recording.device);
    double read = 0;
    for (std::size_t i = 0; i < shares.size(); ++i)
        if (!some.recording.measurements.at(plan.works[i]).shared_power) read += shares[i];
    ASSERT_LT(some.read, some.calls / 2);
    EXPECT_GT(read, 0.5);  // of the step's time
}

TEST(GpuTimeBudget, SaysThatTheTimeIsUp) {
    const auto steps = steps_of({"resnet18"});
    double now = 0;
    SlowMeter meter(now, 1, 1);
    Recording recording;
    recording.device = meter.device();
    TimeBudget budget(10, [&now] { return now; });
    try {
        measure_missing(steps[0].tasks, meter, recording, budget, {});
        FAIL();
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("the time is up before"), std::string::npos) << error.what();
    }
    EXPECT_EQ(meter.read, 0);
    EXPECT_EQ(static_cast<std::size_t>(meter.calls), recording.measurements.size());
    EXPECT_GE(meter.calls, 8);
}

}  // namespace
}  // namespace satsim::gpu
