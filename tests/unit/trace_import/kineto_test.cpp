// PyTorch profiler traces: a small one of the profiler's form, made here.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "runtime/trace_import/diff.hpp"

namespace satsim {
namespace {

using nlohmann::json;

json event(const char* category, const std::string& name, double ts, double dur, int tid, json args) {
    return {{"ph", "X"},    {"cat", category},
            {"name", name}, {"pid", 10},
            {"tid", tid},   {"ts", 1682725898236567.0 + ts},
            {"dur", dur},   {"args", std::move(args)}};
}

json launch(int correlation, double ts, int tid) {
    return event("cuda_runtime", "cudaLaunchKernel", ts, 2, tid, {{"correlation", correlation}});
}

json kernel(const std::string& name, int correlation, double ts, double dur, int stream = 7) {
    json k = event("kernel", name, ts, dur, stream, {{"correlation", correlation}, {"stream", stream}});
    k["pid"] = 0;
    return k;
}

// Forward of an annotated linear layer and an unannotated activation on thread 1, their gradients on thread
// 2, an optimizer step, a copy, and a kernel launched before the profiler began.
json training_step() {
    json events = json::array();
    events.push_back(event("user_annotation", "ProfilerStep#3", 0, 500, 1, json::object()));
    events.push_back(event("user_annotation", "block1", 10, 50, 1, json::object()));
    events.push_back(event("cpu_op", "aten::linear", 12, 40, 1, {{"External id", 1}}));
    events.push_back(
        event("cpu_op", "aten::addmm", 14, 30, 1, {{"External id", 2}, {"Sequence number", 100}}));
    events.push_back(launch(1, 20, 1));
    events.push_back(
        event("cpu_op", "aten::relu", 70, 20, 1, {{"External id", 3}, {"Sequence number", 101}}));
    events.push_back(launch(2, 75, 1));
    const std::string engine = "autograd::engine::evaluate_function: ";
    events.push_back(event("cpu_op", engine + "AddmmBackward0", 200, 60, 2,
                           {{"External id", 4}, {"Sequence number", 100}, {"Fwd thread id", 1}}));
    events.push_back(event("cpu_op", "aten::mm", 205, 20, 2, {{"External id", 5}}));
    events.push_back(launch(3, 210, 2));
    events.push_back(
        event("cpu_op", engine + "torch::autograd::AccumulateGrad", 270, 20, 2, {{"External id", 6}}));
    events.push_back(launch(4, 275, 2));
    events.push_back(event("user_annotation", "Optimizer.step#SGD.step", 300, 50, 1, json::object()));
    events.push_back(event("cpu_op", "aten::_foreach_add_", 310, 20, 1, {{"External id", 7}}));
    events.push_back(launch(5, 315, 1));
    events.push_back(kernel("gemm", 1, 30, 11));
    events.push_back(kernel("relu", 2, 90, 3));
    events.push_back(kernel("gemm_backward", 3, 220, 20, 8));
    events.push_back(kernel("add", 4, 280, 2));
    events.push_back(kernel("multi_tensor_apply", 5, 330, 5));
    events.push_back(kernel("earlier", 99, 1, 1));
    json copy = event("gpu_memcpy", "Memcpy HtoD", 95, 4, 7, {{"External id", 3}, {"stream", 7}});
    copy["pid"] = 0;  // as Kineto does: the device's
    events.push_back(copy);
    // What carries no time of its own, and the device's copy of an annotation.
    events.push_back(
        {{"ph", "s"}, {"id", 1}, {"pid", 10}, {"tid", 1}, {"ts", 1}, {"cat", "ac2g"}, {"name", "ac2g"}});
    events.push_back(event("gpu_user_annotation", "block1", 30, 11, 7, json::object()));
    return {{"schemaVersion", 1},
            {"deviceProperties", {{{"id", 0}, {"name", "NVIDIA A100"}}, {{"id", 1}, {"name", "other"}}}},
            {"traceEvents", std::move(events)}};
}

TEST(Kineto, KernelsAreLedBackToLayerAndPass) {
    std::istringstream in(training_step().dump());
    const TraceProfile profile = read_profile(in, "k.json");
    EXPECT_EQ(profile.source, ProfileSource::Kineto);
    EXPECT_EQ(profile.machine, "NVIDIA A100");
    EXPECT_EQ(profile.provenance, "recorded");
    EXPECT_EQ(profile.unattributed, 1U);
    EXPECT_EQ(profile.busy_us(), 11 + 3 + 20 + 2 + 5 + 1 + 4);
    const auto place = [&profile](const std::string& name) -> std::string {
        for (const ProfileEntry& e : profile.entries) {
            if (e.name == name) return e.layer + " " + e.stage + " " + e.track;
        }
        return "";
    };
    EXPECT_EQ(place("gemm"), "block1 FF stream 7");
    EXPECT_EQ(place("relu"), "aten::relu FF stream 7");
    EXPECT_EQ(place("gemm_backward"), "block1 BP stream 8");  // by its sequence number
    EXPECT_EQ(place("add"), "torch::autograd::AccumulateGrad BP stream 7");
    EXPECT_EQ(place("multi_tensor_apply"), "aten::_foreach_add_ WU stream 7");
    EXPECT_EQ(place("Memcpy HtoD"), "aten::relu FF stream 7");  // by its External id
    EXPECT_EQ(place("earlier"), "(launch not in the file)  stream 7");
}

TEST(Kineto, StreamsOfTwoDevicesAreTwo) {
    json step = training_step();
    for (json& e : step["traceEvents"]) {
        if (e["name"] == "gemm") e["args"]["device"] = 1;
    }
    std::istringstream in(step.dump());
    const TraceProfile profile = read_profile(in, "k.json");
    for (const ProfileEntry& e : profile.entries) {
        const std::string device = e.name == "gemm" ? "device 1 " : "device 0 ";
        EXPECT_TRUE(e.track.starts_with(device + "stream ")) << e.track;
    }
}

TEST(Kineto, TheOrderOfEventsInTheFileDoesNotMatter) {
    json turned = training_step();
    std::reverse(turned["traceEvents"].begin(), turned["traceEvents"].end());
    std::istringstream in(training_step().dump());
    std::istringstream reversed(turned.dump());
    const TraceProfile a = read_profile(in, "k.json");
    const TraceProfile b = read_profile(reversed, "k.json");
    ASSERT_EQ(a.entries.size(), b.entries.size());
    for (const DiffRow& row : diff(a, b)) {
        EXPECT_EQ(row.change_us(), 0) << row.layer;
        EXPECT_EQ(row.a.pieces, row.b.pieces);
    }
}

}  // namespace
}  // namespace satsim
