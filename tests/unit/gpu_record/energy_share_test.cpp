// Whose energy is read, and what the others get.
#include "runtime/gpu_record/energy_share.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "runtime/gpu_record/record_target.hpp"
#include "runtime/workload/training_step.hpp"
#include "tests/unit/gpu_record/fake_meter.hpp"

namespace satsim::gpu {
namespace {

TrainingStep step_of(const char* name) {
    const std::filesystem::path models = std::filesystem::path(SATSIM_SOURCE_DIR) / "models";
    return make_training_step(load_network(models / "networks" / (std::string(name) + ".json")),
                              load_recipe("bdwp-2:8", models), std::nullopt);
}

// Draws 100 W on products and convolutions, 50 W on vector work.
class TwoPowers : public test::FakeMeter {
  public:
    [[nodiscard]] Measurement measure(const Work& work, bool energy) override {
        Measurement m = FakeMeter::measure(work, energy);
        if (m.joules) {
            m.sustained_seconds = 1.5 * m.seconds;  // clocks fall
            *m.joules = power_of(work) * m.sustained_seconds;
            ++read;
        }
        return m;
    }
    static double power_of(const Work& work) { return std::holds_alternative<VectorWork>(work) ? 50 : 100; }
    int read = 0;
};

TEST(GpuEnergyShare, WorkThatHardlyMattersGetsThePowerOfItsKind) {
    for (const char* network : {"resnet18", "vit-cifar", "decoder"}) {
        const TrainingStep step = step_of(network);
        TwoPowers meter;
        Recording recording;
        recording.device = meter.device();
        test::measure_all(step.tasks, meter, recording);
        const WorkPlan plan = plan_work(step.tasks, Kernels::Fused);
        EXPECT_LT(meter.read, meter.calls);
        // The fake device's times are those of the estimate within a factor, so the share is too.
        std::map<Work, double> seconds;
        double all = 0;
        const std::vector<double> runs = plan.runs(step.tasks);
        for (std::size_t i = 0; i < runs.size(); ++i) {
            if (runs[i] == 0) continue;
            const double each = runs[i] * recording.measurements.at(plan.works[i]).seconds;
            seconds[plan.works[i]] += each;
            all += each;
        }
        std::set<std::size_t> kinds_read;
        for (const auto& [work, m] : recording.measurements)
            if (!m.shared_power) kinds_read.insert(work.index());
        double shared = 0;
        int read = 0;
        for (const auto& [work, m] : recording.measurements) {
            ASSERT_TRUE(m.joules);
            const double watts = *m.joules / (m.shared_power ? m.seconds : m.sustained_seconds);
            if (kinds_read.contains(work.index())) {
                EXPECT_NEAR(watts, TwoPowers::power_of(work), 1e-6) << describe(work);
            } else {  // the mean of all
                EXPECT_GT(watts, 50) << describe(work);
                EXPECT_LT(watts, 100) << describe(work);
            }
            if (m.shared_power)
                shared += seconds.at(work);
            else
                ++read;
            EXPECT_EQ(m.energy_window_s > 0, !m.shared_power);
        }
        EXPECT_EQ(read, meter.read);
        EXPECT_LT(shared, 0.1 * all) << network;
    }
}

TEST(GpuEnergyShare, IsReadWhereALaterStepNeedsIt) {
    const TrainingStep step = step_of("resnet18");
    TwoPowers meter;
    Recording recording;
    recording.device = meter.device();
    test::measure_all(step.tasks, meter, recording);
    const WorkPlan plan = plan_work(step.tasks, Kernels::Fused);
    const std::vector<bool> read = read_by_itself(estimate_shares(step.tasks, plan, recording.device));
    const auto unread = static_cast<std::size_t>(std::find(read.begin(), read.end(), false) - read.begin());
    ASSERT_LT(unread, read.size());
    ASSERT_TRUE(recording.measurements.at(plan.works[unread]).shared_power);
    std::vector<Task> only;  // a step of this work alone
    for (std::size_t i = 0; i < step.tasks.size() && only.empty(); ++i)
        if (plan.tasks[i].work == unread && plan.tasks[i].share == 1) only.push_back(step.tasks[i]);
    ASSERT_FALSE(only.empty());
    const int before = meter.calls;
    test::measure_all(only, meter, recording);
    EXPECT_EQ(meter.calls, before + 1);
    EXPECT_FALSE(recording.measurements.at(plan.works[unread]).shared_power);
}

TEST(GpuEnergyShare, NothingIsInventedWhereNothingWasRead) {
    class Blind : public test::FakeMeter {
      public:
        [[nodiscard]] Measurement measure(const Work& work, bool) override {
            return FakeMeter::measure(work, false);
        }
    };
    const TrainingStep step = step_of("resnet18");
    Blind meter;
    Recording recording;
    recording.device = meter.device();
    test::measure_all(step.tasks, meter, recording);
    for (const auto& [work, m] : recording.measurements) {
        EXPECT_FALSE(m.joules);
        EXPECT_FALSE(m.shared_power);
    }
    EXPECT_FALSE(knows_energy(step.tasks, recording));
}

}  // namespace
}  // namespace satsim::gpu
