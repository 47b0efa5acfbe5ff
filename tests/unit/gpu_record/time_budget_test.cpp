// What a limited time goes to, by a clock of the test's own.
#include "runtime/gpu_record/time_budget.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <numeric>

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

// Roofs of a large GPU, so that runs are short beside what each piece of work costs anyway.
MeasuredDevice large_device() {
    MeasuredDevice device = test::FakeMeter().device();
    device.dense_flops = 1e18;
    device.copy_bandwidth = 1e15;
    return device;
}

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
    outcome.recording.device = large_device();
    TimeBudget budget(seconds, [&now] { return now; });
    for (const TrainingStep& step : steps)
        budget.expect(step.tasks, outcome.recording.device, Kernels::Fused);
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
    // As long as the budget takes both for at first, so that it knows from the beginning how much it can
    // read.
    const Outcome all = measure(steps, 1e9, 0.15, 0.25);
    const Outcome some = measure(steps, 0.6 * all.seconds, 0.15, 0.25);
    const MeasuredDevice device = large_device();
    std::map<Work, double> weights;
    for (const TrainingStep& step : steps) {
        const WorkPlan plan = plan_work(step.tasks, Kernels::Fused);
        const std::vector<double> shares = estimate_shares(step.tasks, plan, device);
        for (std::size_t i = 0; i < shares.size(); ++i)
            weights[plan.works[i]] = std::max(weights[plan.works[i]], shares[i]);
    }
    double read = 0;
    std::vector<double> wished;
    for (const auto& [work, m] : some.recording.measurements) {
        if (all.recording.measurements.at(work).shared_power) continue;
        wished.push_back(weights.at(work));
        if (!m.shared_power) read += wished.back();
    }
    ASSERT_GT(some.read, 5);
    ASSERT_LT(some.read, all.read - 5);
    // As much as so many readings can tell of; the last ones take what is kept back, whatever they weigh.
    std::ranges::sort(wished, std::greater());
    const double most = std::accumulate(wished.begin(), wished.begin() + some.read, 0.0);
    EXPECT_GT(read, 0.9 * most);
}

// Small networks come first, large ones behind them take longer.
TEST(GpuTimeBudget, KeepsTimeForLargeWorkBehindSmall) {
    class BySize : public test::FakeMeter {
      public:
        explicit BySize(double& now) : now_(now) {}
        [[nodiscard]] Measurement measure(const Work& work, bool energy) override {
            const Measurement m = FakeMeter::measure(work, energy);
            now_ += 0.05 + 25 * m.seconds + (energy ? 0.2 : 0);
            read += energy ? 1 : 0;
            return m;
        }
        int read = 0;

      private:
        double& now_;
    };
    const auto steps = steps_of({"resnet18", "vit-cifar", "decoder", "livecc"});
    const auto run = [&](double seconds, int& read) {
        double now = 0;
        BySize meter(now);
        Recording recording;
        recording.device = meter.device();
        TimeBudget budget(seconds, [&now] { return now; });
        for (const TrainingStep& step : steps) budget.expect(step.tasks, recording.device, Kernels::Fused);
        for (const TrainingStep& step : steps) measure_missing(step.tasks, meter, recording, budget, {});
        read = meter.read;
        return now;
    };
    int all = 0;
    const double whole = run(1e9, all);
    const double timing = whole - 0.2 * all;
    for (const double part : {0.3, 0.6, 0.9}) {
        int read = 0;
        const double limit = timing + part * (whole - timing);
        EXPECT_LE(run(limit, read), limit);
        EXPECT_GT(read, 0);
    }
}

// Where everything is timed, the end of the time is no fault.
TEST(GpuTimeBudget, MeasuresNothingTwiceAtTheEnd) {
    const auto steps = steps_of({"resnet18"});
    double now = 0;
    SlowMeter meter(now, 0.1, 0.2);
    Recording recording;
    recording.device = meter.device();
    TimeBudget budget(15, [&now] { return now; });
    measure_missing(steps[0].tasks, meter, recording, budget, {});
    const int calls = meter.calls;
    now = 16;
    EXPECT_NO_THROW(measure_missing(steps[0].tasks, meter, recording, budget, {}));
    EXPECT_EQ(meter.calls, calls);
}

// The time that was kept for what nothing runs is free for others' energy at once.
TEST(GpuTimeBudget, KeepsNoTimeForWhatNothingRuns) {
    const auto steps = steps_of({"vit-cifar"});
    const MeasuredDevice device = large_device();
    const WorkPlan plan = plan_work(steps[0].tasks, Kernels::Fused);
    const std::vector<double> shares = estimate_shares(steps[0].tasks, plan, device);
    const auto heaviest = std::ranges::max_element(shares) - shares.begin();
    // s, least in which the energy of the heaviest work would be read.
    const auto least = [&](const std::function<void(TimeBudget&, const Work&)>& drop) {
        for (double seconds = 0.5;; seconds += 0.01) {
            TimeBudget budget(seconds, [] { return 0.0; });
            budget.expect(steps[0].tasks, device, Kernels::Fused);
            for (const Work& work : plan.works)
                if (std::holds_alternative<AttentionWork>(work)) drop(budget, work);
            if (budget.reads(plan.works[static_cast<std::size_t>(heaviest)])) return seconds;
        }
    };
    ASSERT_FALSE(std::holds_alternative<AttentionWork>(plan.works[static_cast<std::size_t>(heaviest)]));
    const double all = least([](TimeBudget&, const Work&) {});
    const double refused = least([](TimeBudget& budget, const Work& work) { budget.refuse(work, "why"); });
    const double forgotten = least([](TimeBudget& budget, const Work& work) { budget.forget(work); });
    EXPECT_LT(refused, all - 0.3);  // of two works
    EXPECT_DOUBLE_EQ(forgotten, refused);
}

// Nor for the other parts of the fusion that it is in.
TEST(GpuTimeBudget, SpendsItsTimeWhereFusionsAreRefused) {
    class NoAttention : public SlowMeter {
      public:
        using SlowMeter::SlowMeter;
        [[nodiscard]] Measurement measure(const Work& work, bool energy) override {
            if (std::holds_alternative<AttentionWork>(work)) throw NoKernel("nothing runs it");
            return SlowMeter::measure(work, energy);
        }
    };
    auto steps = steps_of({"vit-cifar"});
    constexpr std::int64_t kLengths = 30;  // of its sequences, a part of the fusion each
    for (TrainingStep& step : steps) {
        for (Task& task : step.tasks) {
            auto* vector = std::get_if<VectorTask>(&task);
            if (vector == nullptr || vector->attention.empty()) continue;
            vector->attention.resize(kLengths, vector->attention.front());
            for (std::int64_t i = 0; i < kLengths; ++i)
                vector->attention[static_cast<std::size_t>(i)].queries -= i;
        }
    }
    const auto run = [&](double seconds) {
        double now = 0;
        NoAttention meter(now, 0.15, 0.25);
        Recording recording;
        recording.device = large_device();
        TimeBudget budget(seconds, [&now] { return now; });
        for (const TrainingStep& step : steps) budget.expect(step.tasks, recording.device, Kernels::Fused);
        for (const TrainingStep& step : steps) measure_missing(step.tasks, meter, recording, budget, {});
        return now;
    };
    const double whole = run(1e9);
    for (const double part : {0.6, 0.8}) {
        EXPECT_LE(run(part * whole), part * whole);
        EXPECT_GT(run(part * whole), 0.8 * part * whole);
    }
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
