// Traces obey the rules that Perfetto needs, and the checker sees when one does not.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "runtime/support/error.hpp"
#include "runtime/trace/step_trace.hpp"
#include "runtime/trace/trace_check.hpp"

namespace satsim {
namespace {

// A task whose operations overlap in the pipeline, as a real engine's do.
TaskResult task(std::mt19937& rng, const std::string& kind, Cycles cycles) {
    TaskResult result;
    result.layer = "layer \"quoted\"";
    result.stage = "FF";
    result.kind = kind;
    result.cycles = cycles;
    result.seconds = static_cast<double>(cycles) / 200e6;
    result.dram_bytes = 4096;
    result.execution.end = cycles - 1;
    result.execution.memory.read_lines = 3;
    result.execution.memory.write_lines = 1;
    if (kind == "host") return result;
    for (std::size_t engine = 0; engine < result.execution.operations.size(); ++engine) {
        Cycles start = 0;
        while (start + 40 < cycles) {
            start += static_cast<Cycles>(rng() % 30);
            const Cycles end = std::min(cycles - 1, start + static_cast<Cycles>(rng() % 100));
            result.execution.operations[engine].push_back({start, std::min(end, start + 5), end});
        }
        result.execution.busy[engine] = cycles / 2;
    }
    return result;
}

StepResult step(unsigned seed) {
    std::mt19937 rng(seed);
    StepResult result;
    result.network = "net";
    result.recipe = "dense";
    result.clock_hz = 200e6;
    result.peak_macs = 16;
    for (int i = 0; i < 20; ++i)
        result.tasks.push_back(task(rng, i % 5 == 4 ? "host" : "gemm", 100 + rng() % 1000));
    return result;
}

TEST(StepTrace, SlicesOfATrackFollowEachOtherOrNest) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        const std::vector<StepResult> results{step(seed), step(seed + 100)};
        const TraceSummary summary = check_trace(make_step_trace(results, {}).json(), "t");
        EXPECT_EQ(summary.broken, std::vector<std::string>{}) << seed;
        EXPECT_GT(summary.slices, 500U);
        EXPECT_GT(summary.counters, 100U);
    }
}

TEST(StepTrace, ArgumentsHoldTheTrueCycles) {
    const std::vector<StepResult> results{step(7)};
    const auto trace = nlohmann::json::parse(make_step_trace(results, {}).json());
    const OperationRecord& first = results[0].tasks[0].execution.operations[1].front();
    for (const auto& event : trace.at("traceEvents")) {
        if (event.at("name") != "STCE 0") continue;
        EXPECT_EQ(event.at("args").at("start"), std::to_string(first.start));
        EXPECT_EQ(event.at("args").at("end"), std::to_string(first.end));
        return;
    }
    FAIL() << "no operation drawn";
}

TEST(StepTrace, SizeIsCappedAndSaysSo) {
    const std::vector<StepResult> results{step(3), step(4)};
    const ChromeTrace whole = make_step_trace(results, {});
    const ChromeTrace capped = make_step_trace(results, {1000});
    EXPECT_LT(capped.events(), whole.events());
    EXPECT_LT(capped.events(), 1600U);  // task slices, counters and names come on top of single operations
    EXPECT_NE(capped.json().find("aggregated"), std::string::npos);
    EXPECT_NE(capped.json().find("at most 1000 events"), std::string::npos);
    EXPECT_TRUE(check_trace(capped.json(), "t").broken.empty());
}

std::string trace_of(const std::string& events) {
    return R"({"traceEvents":[)" + events + "]}";
}
const std::string kName = R"({"ph":"M","pid":1,"tid":1,"name":"thread_name","args":{"name":"t"}})";
std::string slice(double start, double duration) {
    return R"(,{"ph":"X","pid":1,"tid":1,"name":"s","ts":)" + std::to_string(start) + R"(,"dur":)" +
           std::to_string(duration) + "}";
}

TEST(TraceCheck, NestingRules) {
    const auto broken = [](const std::string& slices) {
        return check_trace(trace_of(kName + slices), "t").broken.size();
    };
    EXPECT_EQ(broken(slice(0, 2) + slice(2, 2)), 0U);                // touching
    EXPECT_EQ(broken(slice(0, 4) + slice(1, 2)), 0U);                // nested
    EXPECT_EQ(broken(slice(0, 4) + slice(0, 4)), 0U);                // equal
    EXPECT_EQ(broken(slice(0, 4) + slice(1, 3) + slice(4, 1)), 0U);  // nested to the end, then touching
    EXPECT_EQ(broken(slice(0, 2) + slice(1, 2)), 1U);                // overlapping
    EXPECT_EQ(broken(slice(1, 2) + slice(0, 2)), 1U);                // in any order
    EXPECT_EQ(broken(slice(0, 0.0015) + slice(0.001, 0.002)), 1U);   // by half a nanosecond
    EXPECT_EQ(check_trace(trace_of(slice(0, 1).substr(1)), "t").broken.size(), 1U);  // a track without a name
}

TEST(TraceCheck, FaultsNameTheirPlace) {
    const auto pointer = [](const std::string& text) -> std::string {
        try {
            (void)check_trace(text, "t.json");
        } catch (const InputError& error) {
            return error.where() + error.pointer();
        }
        return "accepted";
    };
    EXPECT_EQ(pointer("{}"), "t.json/");
    EXPECT_EQ(pointer("[]"), "t.json/");
    EXPECT_EQ(pointer(trace_of("1")), "t.json/traceEvents/0");
    EXPECT_EQ(pointer(trace_of(kName + ",{}")), "t.json/traceEvents/1");
    EXPECT_EQ(pointer(trace_of(kName + slice(-1, 2))), "t.json/traceEvents/1/ts");
    EXPECT_EQ(pointer(trace_of(R"({"ph":"Q","pid":1,"tid":1,"name":"x"})")), "t.json/traceEvents/0/ph");
    EXPECT_EQ(pointer(trace_of(kName).substr(0, 30)), "t.json");
}

}  // namespace
}  // namespace satsim
