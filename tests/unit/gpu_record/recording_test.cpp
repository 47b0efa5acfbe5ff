// A recording written, read and used: by a fake measuring device, whose figures are computed.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "runtime/gpu_record/fitting_part.hpp"
#include "runtime/gpu_record/plan.hpp"
#include "runtime/gpu_record/record_target.hpp"
#include "runtime/support/error.hpp"
#include "runtime/workload/training_step.hpp"
#include "tests/unit/gpu_record/fake_meter.hpp"

namespace satsim::gpu {
namespace {

TrainingStep step_of(const char* name, const char* recipe) {
    const std::filesystem::path models = std::filesystem::path(SATSIM_SOURCE_DIR) / "models";
    return make_training_step(load_network(models / "networks" / (std::string(name) + ".json")),
                              load_recipe(recipe, models), 8);
}
Recording record(const TrainingStep& step, Kernels kernels = Kernels::Fused) {
    test::FakeMeter meter(kernels);
    Recording recording;
    recording.device = meter.device();
    recording.steps = {{step.network, step.recipe, step.batch}};
    test::measure_all(step.tasks, meter, recording);
    return recording;
}

TEST(GpuRecording, EqualWorkIsMeasuredOnce) {
    const TrainingStep step = step_of("vit-cifar", "bdwp-2:8");
    test::FakeMeter meter;
    Recording recording;
    recording.device = meter.device();
    test::measure_all(step.tasks, meter, recording);
    const auto once = meter.calls;
    EXPECT_EQ(once, std::ranges::count_if(plan_work(step.tasks, Kernels::Fused).runs(step.tasks),
                                          [](double runs) { return runs > 0; }));
    EXPECT_LT(static_cast<std::size_t>(once), step.tasks.size() / 2);
    test::measure_all(step.tasks, meter, recording);
    EXPECT_EQ(meter.calls, once);
}

// What one kernel does for several tasks is measured in their place; of a device without such kernels they
// are measured one by one.
TEST(GpuRecording, TasksAreMeasuredInOneWhereAKernelRunsThem) {
    class NoAttention : public test::FakeMeter {
      public:
        [[nodiscard]] Measurement measure(const Work& work, bool energy) override {
            if (std::holds_alternative<AttentionWork>(work)) {
                ++refused;
                throw NoKernel("nothing runs it");
            }
            return FakeMeter::measure(work, energy);
        }
        int refused = 0;
    };
    const TrainingStep step = step_of("vit-cifar", "bdwp-2:8");
    test::FakeMeter all;
    NoAttention some;
    for (Meter* meter : std::initializer_list<Meter*>{&all, &some}) {
        Recording recording;
        recording.device = meter->device();
        test::measure_all(step.tasks, *meter, recording);
        std::size_t whole = 0;
        std::size_t products = 0;
        std::size_t biased = 0;
        for (const auto& [work, m] : recording.measurements) {
            const auto* product = std::get_if<ProductWork>(&work);
            whole += std::holds_alternative<AttentionWork>(work) ? 1 : 0;
            products += product != nullptr && product->count > 1 ? 1 : 0;
            biased += product != nullptr && product->bias ? 1 : 0;
        }
        const bool fused = meter == &all;
        EXPECT_EQ(whole, fused ? 2U : 0U);
        EXPECT_EQ(products > 0, !fused);
        EXPECT_EQ(biased, 3U);  // of an encoder's four linear layers, two alike

        RecordTarget target("gpu", recording, Provenance::Measured);
        double softmax = 0;
        double scores = 0;
        int added = 0;
        for (const TaskResult& r : target.run(step.tasks, {})) {
            if (r.part == "scores") {
                scores += r.seconds;
                // What was recorded in one was not recorded apart, so it stays together.
                EXPECT_EQ(r.kernel.has_value(), fused);
                EXPECT_EQ(r.apart, nullptr);
            }
            if (r.tile.starts_with("softmax")) softmax += r.seconds;
            if (r.tile.starts_with("bias, none")) {
                EXPECT_EQ(r.seconds, 0);
                ++added;
            }
        }
        EXPECT_GT(scores, 0);
        EXPECT_GE(added, 10);
        EXPECT_EQ(softmax > 0, !fused);
        EXPECT_TRUE(knows_energy(step.tasks, recording));
        // Forward and backward, of all layers.
        EXPECT_EQ(recording.refused.size(), fused ? 0U : 2U);
        for (const auto& [work, reason] : recording.refused) {
            EXPECT_TRUE(std::holds_alternative<AttentionWork>(work)) << describe(work);
            EXPECT_EQ(reason, "GPU: nothing runs it");
        }
        const std::string text = recording_json(recording);
        const Recording again = parse_recording(text, "again");
        EXPECT_EQ(again.refused, recording.refused);
        EXPECT_EQ(recording_json(again), text);
        Recording copy;
        copy.device = recording.device;
        copy_measurements(step.tasks, recording, copy);
        EXPECT_EQ(copy.refused, recording.refused);
    }
    EXPECT_EQ(some.refused, 2);  // each tried once, though every layer has them
}

// From the first fusion to the last work: nothing is measured without a word for longer than a fusion's
// parts.
TEST(GpuRecording, TellsHowFarItIs) {
    const TrainingStep step = step_of("vit-cifar", "dense");
    test::FakeMeter meter;
    Recording recording;
    recording.device = meter.device();
    TimeBudget budget;
    std::size_t last = 0;
    std::size_t all = 0;
    int calls = 0;
    measure_missing(step.tasks, meter, recording, budget, [&](std::size_t done, std::size_t total) {
        EXPECT_EQ(done, last + 1);
        EXPECT_TRUE(all == 0 || total == all);
        EXPECT_LE(meter.calls - calls, 2);
        last = done;
        all = total;
        calls = meter.calls;
    });
    EXPECT_EQ(last, all);
    EXPECT_GT(calls, 10);
}

// What does not fit into the device's memory is measured in parts, which the recording says.
TEST(GpuRecording, MeasuresLargeWorkInParts) {
    static constexpr Bytes kRoom = 2'000'000;
    const TrainingStep step = step_of("vit-cifar", "dense");
    class Small : public test::FakeMeter {
      public:
        [[nodiscard]] Measurement measure(const Work& work, bool energy) override {
            EXPECT_LE(compulsory_bytes(work), kRoom) << describe(work);
            return FakeMeter::measure(work, energy);
        }
    };
    Small meter;
    Recording recording;
    recording.device = meter.device();
    recording.device.memory_bytes = 2'500'000;
    test::measure_all(step.tasks, meter, recording);
    int parts = 0;
    for (const auto& [work, m] : recording.measurements) {
        const bool in_parts = m.measured_share < 1;
        EXPECT_TRUE(in_parts || compulsory_bytes(work) <= kRoom) << describe(work);
        const double whole = test::FakeMeter().measure(work, false).seconds;
        EXPECT_GE(m.seconds, whole * (1 - 1e-12)) << describe(work);
        const FittingPart part = fitting_part(work, kRoom, "");
        EXPECT_DOUBLE_EQ(part.share, m.measured_share);
        EXPECT_DOUBLE_EQ(m.seconds, test::FakeMeter().measure(part.work, false).seconds / part.share);
        const auto macs = static_cast<double>(dense_macs(work));
        EXPECT_NEAR(static_cast<double>(dense_macs(part.work)), macs * part.share, 1e-9 * macs);
        parts += m.measured_share < 1 ? 1 : 0;
    }
    EXPECT_GT(parts, 5);
    recording.steps = {{step.network, step.recipe, step.batch}};
    const std::string text = recording_json(recording);
    EXPECT_EQ(recording_json(parse_recording(text, "r.json")), text);
    int told = 0;
    for (const TaskResult& result : RecordTarget("gpu", recording, Provenance::Measured).run(step.tasks, {}))
        told += result.tile.find("measured in parts") != std::string::npos ? 1 : 0;
    EXPECT_GE(told, parts);
    recording.measurements.clear();
    recording.device.memory_bytes = 10;
    EXPECT_THROW(test::measure_all(step.tasks, meter, recording), InputError);
}

// Recordings from before work on rows had a shape hold it without one.
TEST(GpuRecording, FindsRowsThatWereRecordedWithoutTheirShape) {
    const TrainingStep step = step_of("decoder", "dense");
    const Recording recording = record(step, Kernels::Separate);
    Recording older = recording;
    older.measurements.clear();
    int changed = 0;
    for (const auto& [recorded, measured] : recording.measurements) {
        Work work = recorded;
        Measurement m = measured;
        if (auto* vector = std::get_if<VectorWork>(&work);
            vector != nullptr && (vector->op == VectorOp::Softmax || vector->op == VectorOp::NormApply)) {
            ASSERT_GT(vector->shape.rows, 0) << describe(work);
            vector->shape = {};
            m.kernel = "traffic";
            ++changed;
        }
        older.measurements.emplace(work, m);
    }
    ASSERT_GE(changed, 2);
    RecordTarget target("gpu", older, Provenance::Recorded);
    int found = 0;
    for (const TaskResult& result : target.run(step.tasks, {})) {
        EXPECT_EQ(result.provenance, Provenance::Recorded);
        found += result.tile.find("traffic") != std::string::npos ? 1 : 0;
    }
    EXPECT_GE(found, changed);
    EXPECT_TRUE(knows_energy(step.tasks, older));
}

TEST(GpuRecording, ComesBackFromItsFile) {
    for (const char* name : {"resnet18", "vit-cifar", "vgg19"}) {
        const Recording recording = record(step_of(name, "bdwp-2:8"));
        const std::string text = recording_json(recording);
        const Recording read = parse_recording(text, "r.json");
        EXPECT_EQ(read.file, "r.json");
        EXPECT_EQ(read.steps, recording.steps);
        EXPECT_EQ(read.measurements.size(), recording.measurements.size());
        EXPECT_EQ(recording_json(read), text);
    }
}

TEST(GpuRecording, GivesTheStepThatWasRecorded) {
    const TrainingStep step = step_of("resnet18", "bdwp-2:8");
    const Recording made = record(step);
    const Recording read = parse_recording(recording_json(made), "r.json");
    RecordTarget measured("gpu", made, Provenance::Measured);
    RecordTarget recorded("gpu:r.json", read, Provenance::Recorded);
    const auto a = measured.run(step.tasks, {});
    const auto b = recorded.run(step.tasks, {});
    ASSERT_EQ(a.size(), step.tasks.size());
    double seconds = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].provenance, Provenance::Measured);
        EXPECT_EQ(b[i].provenance, Provenance::Recorded);
        EXPECT_EQ(a[i].layer, b[i].layer);
        EXPECT_DOUBLE_EQ(a[i].seconds, b[i].seconds);
        EXPECT_DOUBLE_EQ(a[i].energy_j, b[i].energy_j);
        EXPECT_GE(a[i].seconds, 0);
        seconds += a[i].seconds;
    }
    EXPECT_GT(seconds, 0);
}

std::string fault_of(const std::string& text) {
    try {
        (void)parse_recording(text, "r.json");
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}
std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(GpuRecording, RefusesWhatIsNone) {
    const std::string text = recording_json(record(step_of("resnet9", "dense")));
    EXPECT_EQ(fault_of(text), "");
    const auto names = [&text](const std::string& from, const std::string& to, const std::string& expected) {
        const std::string fault = fault_of(replaced(text, from, to));
        EXPECT_NE(fault.find(expected), std::string::npos) << fault;
        EXPECT_EQ(fault.find('\n'), std::string::npos);
    };
    names("satsim-gpu-recording", "trace", "r.json: /format: ");
    names("\"version\": 1", "\"version\": 2", "/version");
    names("\"copy_bandwidth\": 1000000000000.0", "\"copy_bandwidth\": 0", "/device/copy_bandwidth");
    names("\"seconds\"", "\"second\"", "/measurements/0");
    names("\"kind\": \"product\"", "\"kind\": \"sum\"", "product, convolution, vector or attention");
    names("\"repetitions\": 3", "\"repetitions\": 0", "/measurements/0/repetitions");
    const Recording recording = parse_recording(text, "r.json");
    Recording both = recording;
    both.refused.emplace(recording.measurements.begin()->first, "nothing runs it");
    EXPECT_NE(fault_of(recording_json(both)).find("r.json: /refused/0/work: is measured"), std::string::npos);
    Recording silent = recording;
    silent.refused.emplace(AttentionWork{false, {1, 1, 1, 8, 8, 8, 8, false, 0}}, "");
    EXPECT_NE(fault_of(recording_json(silent)).find("r.json: /refused/0/reason: "), std::string::npos);
    EXPECT_NE(fault_of(text.substr(0, text.size() / 2)).find("malformed"), std::string::npos);
}

// Gated activations of older files were measured as GELU of fewer tensors: what they lack is added at the
// same rate, and no longer called recorded.
TEST(GpuRecording, GatedActivationsThatRanUngatedAreScaled) {
    const TrainingStep step = step_of("decoder", "dense");
    const Recording recording = record(step);
    Recording older = recording;
    int changed = 0;
    for (auto& [work, m] : older.measurements) {
        const auto* vector = std::get_if<VectorWork>(&work);
        if (vector == nullptr) continue;
        const bool forward = vector->op == VectorOp::Activation && vector->reads_fp16 == 2;
        const bool backward = vector->op == VectorOp::ActivationGrad && vector->reads_fp16 == 3;
        if (!forward && !backward) continue;
        m.kernel = forward ? "satsim gelu" : "satsim gelu gradient";
        EXPECT_DOUBLE_EQ(moved_share(work, m), forward ? 2.0 / 3 : 3.0 / 5);
        ++changed;
    }
    ASSERT_EQ(changed, 2);
    RecordTarget now("gpu", recording, Provenance::Recorded);
    RecordTarget then("gpu", older, Provenance::Recorded);
    const auto a = now.run(step.tasks, {});
    const auto b = then.run(step.tasks, {});
    int scaled = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].provenance, Provenance::Recorded);
        if (b[i].provenance == Provenance::Recorded) {
            EXPECT_DOUBLE_EQ(a[i].seconds, b[i].seconds);
            continue;
        }
        EXPECT_EQ(b[i].provenance, Provenance::Modelled);
        const bool forward = b[i].stage == "FF";
        EXPECT_NEAR(b[i].seconds - 1e-6, (a[i].seconds - 1e-6) * (forward ? 3.0 / 2 : 5.0 / 3), 1e-12);
        EXPECT_GT(b[i].energy_j, a[i].energy_j);
        ++scaled;
    }
    EXPECT_GE(scaled, 2);
}

// Files may be older than zeros that a step asks for now.
void expect_estimated_zeros(const char* network, Bytes bytes) {
    const TrainingStep step = step_of(network, "dense");
    Recording recording = record(step);
    const std::size_t erased = std::erase_if(recording.measurements, [](const auto& each) {
        const auto* vector = std::get_if<VectorWork>(&each.first);
        return vector != nullptr && vector->op == VectorOp::ZeroFill;
    });
    ASSERT_EQ(erased, 1U);
    RecordTarget target("gpu", recording, Provenance::Recorded);
    int modelled = 0;
    for (const TaskResult& result : target.run(step.tasks, {})) {
        if (result.provenance == Provenance::Recorded) continue;
        ++modelled;
        EXPECT_EQ(result.provenance, Provenance::Modelled);
        EXPECT_EQ(result.dram_bytes, bytes);
        EXPECT_DOUBLE_EQ(result.seconds, 1e-6 + static_cast<double>(bytes) / 1e12);
        EXPECT_NEAR(result.energy_j, 100 * result.seconds, 1e-9);
    }
    EXPECT_EQ(modelled, 1);
}

TEST(GpuRecording, ZerosThatItLacksAreAsFastAsACopy) {
    expect_estimated_zeros("vit-cifar", Bytes{8} * 64 * 512 * 2);
    expect_estimated_zeros("decoder", Bytes{379060224} * 4);  // FP32, of the table of tokens
}

TEST(GpuRecording, NamesTheLayerThatItLacks) {
    const Recording recording =
        parse_recording(recording_json(record(step_of("resnet9", "dense"))), "r.json");
    RecordTarget target("gpu:r.json", recording, Provenance::Recorded);
    try {
        (void)target.run(step_of("resnet18", "dense").tasks, {});
        FAIL();
    } catch (const InputError& error) {
        const std::string text = error.what();
        for (const char* part :
             {"r.json: has no measurement of layer", "expected one of the steps", "resnet9 dense"})
            EXPECT_NE(text.find(part), std::string::npos) << text;
    }
}

}  // namespace
}  // namespace satsim::gpu
