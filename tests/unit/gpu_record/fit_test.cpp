// The fit on synthetic recordings: measurements that the model itself made, with other efficiencies.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <random>
#include <tuple>

#include "runtime/gpu_model/gpu_target.hpp"
#include "runtime/gpu_record/fit.hpp"
#include "runtime/gpu_record/fit_figures.hpp"
#include "runtime/gpu_record/timing.hpp"
#include "runtime/support/error.hpp"
#include "tests/unit/gpu_record/fake_meter.hpp"

namespace satsim::gpu {
namespace {

Device shipped(const std::string& name) {
    return load_device(std::filesystem::path(SATSIM_SOURCE_DIR) / "models/gpus" / (name + ".json"));
}
Device h100() {
    return shipped("h100");
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

// A called work costs the host its call; a replayed one does not. No fit is to both.
TEST(GpuFit, RecordingsOfOneWayOfTimingAreMerged) {
    Recording calls = synthetic(h100(), 0);
    Recording replays = calls;
    replays.file = "replays";
    EXPECT_EQ(timing_of(calls), TimingConvention::Calls);
    replays.device.time_method = "CUDA events around replays of a CUDA graph of runs in a row";
    EXPECT_EQ(timing_of(replays), TimingConvention::GraphReplays);
    EXPECT_EQ(merge({replays, replays}).measurements.size(), calls.measurements.size());
    try {
        (void)merge({calls, replays});
        FAIL();
    } catch (const InputError& error) {
        EXPECT_STREQ(error.what(),
                     "replays: /device/time_method: is of replayed CUDA graphs, expected calls, launches "
                     "included as in synthetic: a fit is of one way of timing");
    }
    // A time of calls beside a work's own says that this one is of a replay.
    calls.measurements.begin()->second.called_seconds = 1;
    EXPECT_EQ(timing_of(calls), TimingConvention::GraphReplays);
}

TEST(GpuFit, WritesHowItsRecordingsWereTimed) {
    Recording recording = synthetic(h100(), 0);
    const auto written = [](const Device& device, const Recording& recorded) {
        return parse_device(fitted_file(device.file, fit(device, recorded, "a test")), "fitted.json").kernels;
    };
    // What the file says already stays, with its source.
    EXPECT_EQ(written(h100(), recording).timing, TimingConvention::Calls);
    EXPECT_EQ(written(h100(), recording).timing_source, h100().kernels.timing_source);
    recording.device.time_method = "replays of a CUDA graph";
    EXPECT_EQ(written(h100(), recording).timing, TimingConvention::GraphReplays);
    EXPECT_EQ(written(h100(), recording).timing_source, "time_method of a test");
    const Device other = shipped("a100");
    ASSERT_FALSE(other.kernels.timing);
    EXPECT_EQ(written(other, recording).timing, TimingConvention::GraphReplays);
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

// Whole attention forward, of one head size and several lengths, as `truth` would run it.
void add_attention(const Device& truth, Recording& recording) {
    for (std::int64_t positions = 64; positions <= 4096; positions *= 2) {
        const Work work = AttentionWork{false, {8, 8, 8, positions, positions, 64, 64, false, 0}};
        const TaskResult result = predict(truth, *task_of(work));
        Measurement m;
        m.seconds = m.sustained_seconds = result.seconds;
        m.joules = result.energy_j;
        recording.measurements.emplace(work, m);
    }
}

// 0 says that there is no such kernel: a recording without one changes nothing of that.
TEST(GpuFit, InventsNoKernelOfAttention) {
    const Device device = shipped("rtx2080ti");
    ASSERT_EQ(device.kernels.attention_efficiency.value, 0);
    const Fit found = fit(device, synthetic(device, 0.1), "a test");
    const Device written = parse_device(fitted_file(device.file, found), "fitted.json");
    for (Figure KernelFigures::*figure :
         {&KernelFigures::attention_efficiency, &KernelFigures::attention_gradient_efficiency}) {
        EXPECT_EQ((written.kernels.*figure).value, 0);
        EXPECT_EQ((written.kernels.*figure).source, (device.kernels.*figure).source);
    }
}

// But a recording that has attention shows that there is one. Of what it lacks its source says so.
TEST(GpuFit, AddsAKernelOfAttentionThatWasRecorded) {
    const Device device = shipped("rtx2080ti");
    Device truth = device;
    truth.kernels.attention_efficiency.value = truth.kernels.attention_gradient_efficiency.value = 0.3;
    Recording recording = synthetic(device, 0.1);
    add_attention(truth, recording);
    const Fit found = fit(device, recording, "a test");
    const Device written = parse_device(fitted_file(device.file, found), "fitted.json");
    EXPECT_NEAR(written.kernels.attention_efficiency.value, 0.3, 0.02);
    EXPECT_EQ(written.kernels.attention_efficiency.source,
              "fitted to " + std::to_string(found.fitted) + " pieces of work of a test");
    EXPECT_EQ(written.kernels.attention_gradient_efficiency.value, 0.01);
    EXPECT_EQ(written.kernels.attention_gradient_efficiency.source,
              "the least there is: nothing of it is in a test");
    // What the device file says of joules is compared with the same kernel as its times are.
    ASSERT_FALSE(found.energy_before.empty());
    for (const auto& errors : {found.before, found.energy_before}) {
        EXPECT_EQ(std::ranges::count(errors, "attention", &PredictionError::kind), 1);
        for (const PredictionError& error : errors) {
            EXPECT_TRUE(std::isfinite(error.median)) << error.kind;
            EXPECT_TRUE(std::isfinite(error.percentile_90)) << error.kind;
        }
    }
}

VectorWork vector_work(VectorOp op, int reads, int writes) {
    VectorWork w;
    w.op = op;
    w.shape = {1, 4096, 512};
    w.elements = w.shape.elements();
    w.reads_fp16 = reads;
    w.writes_fp16 = writes;
    return w;
}
// Of every kind, whatever in it may take another path through the model.
std::vector<Work> works_of_every_kind() {
    std::vector<Work> works;
    for (const std::int64_t k : {4100, 4096}) {  // the model refuses 2:4 for the first
        ProductWork product;
        product.shape = {4096, 512, k};
        product.nm = {2, 4};
        works.emplace_back(product);
    }
    for (const int channels : {60, 64}) {
        for (const auto pass : {ConvolutionPass::Forward, ConvolutionPass::InputGradient}) {
            ConvolutionWork convolution;
            convolution.pass = pass;
            convolution.batch = 64;
            convolution.in_h = convolution.in_w = 28;
            convolution.out_h = convolution.out_w = 14;
            convolution.in_channels = convolution.out_channels = channels;
            convolution.kernel_h = convolution.kernel_w = 3;
            convolution.stride_y = convolution.stride_x = 2;
            convolution.pad_top = convolution.pad_left = 1;
            convolution.nm = {2, 4};
            works.emplace_back(convolution);
        }
    }
    for (const bool gradient : {false, true})
        works.emplace_back(AttentionWork{gradient, {8, 8, 8, 1024, 1024, 64, 64, false, 0}});
    for (const bool by_channel : {false, true}) {
        for (const bool fused : {false, true}) {
            for (const auto& [op, reads, writes] :
                 {std::tuple{VectorOp::NormStatistics, 1, 0}, std::tuple{VectorOp::NormApply, 1, 1},
                  std::tuple{VectorOp::NormGradStatistics, 2, 0},
                  std::tuple{VectorOp::NormGradApply, 2, 1}}) {
                VectorWork norm = vector_work(op, reads, writes);
                norm.extra_bytes = by_channel ? 8 * norm.shape.columns : 0;
                norm.fused = fused && writes > 0 && !by_channel;
                works.emplace_back(norm);
            }
        }
    }
    works.emplace_back(vector_work(VectorOp::Softmax, 1, 1));
    works.emplace_back(vector_work(VectorOp::Loss, 1, 1));
    works.emplace_back(vector_work(VectorOp::Bias, 1, 1));
    works.emplace_back(vector_work(VectorOp::BiasGrad, 1, 0));
    works.emplace_back(vector_work(VectorOp::Add, 2, 1));
    VectorWork update = vector_work(VectorOp::Optimizer, 0, 1);
    update.optimizer = "sgd";
    update.pregenerate_ff = NmPattern{2, 8};
    works.emplace_back(update);
    return works;
}

// A figure's `kinds` has every kind whose predictions it changes: the others are not predicted again.
TEST(GpuFit, FiguresNameAllWorkThatDependsOnThem) {
    unsigned kinds = 0;
    const auto expect_named = [&kinds](const std::string& name, const FitFigure& figure, const Work& work,
                                       bool sparse) {
        const std::vector<Task> tasks = tasks_of(work);
        const unsigned kind = bit(fit_kind_of(tasks, sparse));
        kinds |= kind;
        Device device = shipped(name);
        const FitPrediction before = fit_prediction(device, tasks, sparse);
        for (const double factor : {0.5, 0.9, 1.5}) {
            Figure& value = figure.of(device);
            const double held = value.value;
            value.value *= factor;
            const FitPrediction after = fit_prediction(device, tasks, sparse);
            const bool moved = after.seconds != before.seconds || after.dynamic_j != before.dynamic_j;
            EXPECT_TRUE(!moved || (figure.kinds & kind) != 0)
                << name << ", " << figure.name << ": " << describe(work);
            value.value = held;
        }
    };
    for (const char* name : {"a100", "h100"}) {
        for (const Work& work : works_of_every_kind()) {
            for (const bool sparse : {false, true}) {
                if (sparse && pattern_of(work).dense()) continue;
                for (const FitFigure& figure : time_figures()) expect_named(name, figure, work, sparse);
                for (const FitFigure& figure : energy_figures()) expect_named(name, figure, work, sparse);
            }
        }
    }
    EXPECT_EQ(kinds, kAllKinds);
}

TEST(GpuFit, RefusesTooFewMeasurements) {
    Recording recording = synthetic(h100(), 0);
    while (recording.measurements.size() > 2) recording.measurements.erase(recording.measurements.begin());
    EXPECT_THROW((void)fit(h100(), recording, "a test"), InputError);
}

}  // namespace
}  // namespace satsim::gpu
