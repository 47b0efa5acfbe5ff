// The fit on synthetic recordings: measurements that the model itself made, with other efficiencies.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "runtime/gpu_model/gpu_target.hpp"
#include "runtime/gpu_record/fit.hpp"
#include "runtime/support/error.hpp"
#include "tests/unit/gpu_record/fake_meter.hpp"

namespace satsim::gpu {
namespace {

Device h100() {
    return load_device(std::filesystem::path(SATSIM_SOURCE_DIR) / "models/gpus/h100.json");
}

// `noise`: measurements differ from the model by up to this share.
Recording synthetic(const Device& truth, double noise) {
    std::mt19937_64 generator(3);
    const auto size = [&generator] { return std::int64_t{64} << generator() % 7; };
    Recording recording;
    recording.file = "synthetic";
    recording.device = test::FakeMeter().device();
    recording.device.launch_seconds = truth.kernels.launch_overhead.value;
    while (recording.measurements.size() < 120) {
        ProductWork product;
        product.shape = {size(), size(), size()};
        const bool sparse = generator() % 2 == 0;
        if (sparse) product.nm = {2, 4};
        Work work = product;
        if (generator() % 3 == 0) {
            VectorWork vector;
            vector.elements = size() * size();
            vector.reads_fp16 = vector.writes_fp16 = 1;
            work = vector;
        }
        const TaskResult result = predict(truth, *task_of(work));
        Measurement m;
        m.seconds = result.seconds * (1 + noise * (2 * std::generate_canonical<double, 32>(generator) - 1));
        m.joules = result.energy_j;
        m.sustained_seconds = result.seconds;
        m.sparse =
            std::holds_alternative<ProductWork>(work) && sparse && result.macs_issued < result.dense_macs;
        recording.measurements.emplace(work, m);
    }
    return recording;
}

const PredictionError& all_of(const std::vector<PredictionError>& errors) {
    return errors.back();
}

TEST(GpuFit, FindsTheEfficienciesOfASyntheticDevice) {
    Device truth = h100();
    truth.kernels.dense_efficiency.value = 0.55;
    truth.kernels.sparse_efficiency.value = 0.4;
    truth.kernels.memory_efficiency.value = 0.5;
    const Fit found = fit(h100(), synthetic(truth, 0), "a test");
    EXPECT_EQ(all_of(found.after).kind, "all");
    EXPECT_GT(all_of(found.before).median, 0.05);
    EXPECT_LT(all_of(found.after).median, 0.01);
    EXPECT_LT(all_of(found.after).percentile_90, 0.05);
    EXPECT_NEAR(found.device.kernels.memory_efficiency.value, 0.5, 0.011);
    EXPECT_NEAR(found.device.kernels.dense_efficiency.value, 0.55, 0.011);
}

TEST(GpuFit, FindsThePowerOfASyntheticDevice) {
    Device truth = h100();
    truth.power.active.value = 150;
    truth.power.tensor_flop.value *= 0.7;
    truth.power.dram_byte.value *= 1.5;
    truth.power.burst.value = 2000;  // no roof
    Recording recording = synthetic(truth, 0);
    recording.device.idle_watts = truth.power.idle.value;
    const Fit found = fit(h100(), recording, "a test");
    EXPECT_EQ(all_of(found.energy_after).works, all_of(found.after).works);
    EXPECT_GT(all_of(found.energy_before).median, 0.05);
    EXPECT_LT(all_of(found.energy_after).median, 0.01);
    EXPECT_NEAR(found.device.power.active.value, 150, 8);
    EXPECT_NEAR(found.device.power.tensor_flop.value / truth.power.tensor_flop.value, 1, 0.05);
    EXPECT_NEAR(found.device.power.dram_byte.value / truth.power.dram_byte.value, 1, 0.05);
    // What was not read does not count.
    for (auto& [work, m] : recording.measurements) m.shared_power = true;
    const Fit blind = fit(h100(), recording, "a test");
    EXPECT_TRUE(blind.energy_after.empty());
    EXPECT_EQ(blind.device.power.active.value, h100().power.active.value);
    EXPECT_EQ(blind.device.power.burst.value, h100().power.burst.value);
    EXPECT_EQ(blind.device.power.idle.value, h100().power.idle.value);
}

// Whatever was read, the file that is written can be read again.
TEST(GpuFit, PowerAtTheLimitStaysADevice) {
    const Device device = h100();
    Recording recording = synthetic(device, 0);
    for (auto& [work, m] : recording.measurements) m.joules = 0.999 * device.power.board.value * m.seconds;
    const Fit found = fit(device, recording, "a test");
    EXPECT_NO_THROW((void)parse_device(fitted_file(device.file, found), "fitted.json"));
}

// Every second piece of work is fitted to; what is written says so, and reads back as it was found.
TEST(GpuFit, WritesADeviceFileWithItsSource) {
    Device truth = h100();
    truth.kernels.memory_efficiency.value = 0.7;
    const Fit found = fit(h100(), synthetic(truth, 0), "a test");
    EXPECT_EQ(found.works, 120U);
    const std::string text = fitted_file(h100().file, found);
    const Device written = parse_device(text, "fitted.json");
    const Figure& memory = written.kernels.memory_efficiency;
    EXPECT_EQ(memory.value, found.device.kernels.memory_efficiency.value);
    EXPECT_EQ(memory.source, "fitted to " + std::to_string(found.fitted) + " pieces of work of a test");
    EXPECT_FALSE(memory.verified);
    // Nothing recorded depends on sums along columns.
    EXPECT_EQ(written.kernels.column_efficiency.source, h100().kernels.column_efficiency.source);
    EXPECT_EQ(written.compute.tensor_dense.source, h100().compute.tensor_dense.source);
}

TEST(GpuFit, RecordingsOfOneDeviceAreMerged) {
    const Recording whole = synthetic(h100(), 0);
    Recording first = whole;
    Recording second = whole;
    second.file = "second";
    first.measurements.erase(first.measurements.begin());
    second.measurements.rbegin()->second.seconds *= 2;  // the first recording's counts
    const Recording merged = merge({first, second});
    ASSERT_EQ(merged.measurements.size(), whole.measurements.size());
    EXPECT_EQ(merged.measurements.rbegin()->second.seconds, whole.measurements.rbegin()->second.seconds);
    EXPECT_EQ(fit(h100(), merged, "").device.kernels.memory_efficiency.value,
              fit(h100(), whole, "").device.kernels.memory_efficiency.value);
    second.device.name = "another";
    try {
        (void)merge({first, second});
        FAIL();
    } catch (const InputError& error) {
        EXPECT_STREQ(
            error.what(),
            "second: /device/name: is another, expected a fake device of a test as in synthetic: a fit "
            "is of one device");
    }
}

TEST(GpuFit, TellsTheErrorThatRemains) {
    Device truth = h100();
    truth.kernels.memory_efficiency.value = 0.6;
    const Fit found = fit(h100(), synthetic(truth, 0.3), "a test");
    EXPECT_GT(all_of(found.after).median, 0.05);
    EXPECT_LT(all_of(found.after).median, 0.3);
    EXPECT_GE(all_of(found.after).percentile_90, all_of(found.after).median);
    std::size_t works = 0;
    for (const PredictionError& e : found.after) works += e.kind == "all" ? 0 : e.works;
    EXPECT_EQ(works, all_of(found.after).works);
    EXPECT_NEAR(static_cast<double>(works), static_cast<double>(found.fitted), 2);
}

TEST(GpuFit, RefusesTooFewMeasurements) {
    Recording recording = synthetic(h100(), 0);
    while (recording.measurements.size() > 2) recording.measurements.erase(recording.measurements.begin());
    EXPECT_THROW((void)fit(h100(), recording, "a test"), InputError);
}

}  // namespace
}  // namespace satsim::gpu
