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
    // The rule says what is true of the file: the limit is not that of all events.
    const std::string rule =
        nlohmann::json::parse(capped.json()).at("otherData").at("rule").get<std::string>();
    EXPECT_EQ(
        rule,
        "operations, or else merged busy intervals, are drawn only where the file holds at most 1000 events "
        "with them; tasks, their engines as one slice each, counters and names are always written, "
        "however many");
    const ChromeTrace least = make_step_trace(results, {1});
    EXPECT_GT(least.events(), 1U);
    const nlohmann::json document = nlohmann::json::parse(least.json());
    EXPECT_EQ(document.at("traceEvents").size(), least.events());
    for (const auto& event : document.at("traceEvents")) EXPECT_NE(event.value("cat", ""), "operation");
    EXPECT_TRUE(check_trace(capped.json(), "t").broken.empty());
}

// 2,000 operations with random gaps, some overlapping.
std::vector<OperationRecord> random_operations(std::mt19937& rng, std::size_t count) {
    std::vector<OperationRecord> operations;
    Cycles start = 0;
    for (std::size_t i = 0; i < count; ++i) {
        start += static_cast<Cycles>(rng() % 50);
        const Cycles end = start + static_cast<Cycles>(rng() % 40);
        operations.push_back({start, start, end});
    }
    return operations;
}

TEST(BusyIntervals, AreTheUnionOfTheOperations) {
    std::mt19937 rng(1);
    for (int round = 0; round < 20; ++round) {
        const auto operations = random_operations(rng, rng() % 200);
        std::vector<char> busy;
        for (const OperationRecord& o : operations) {
            if (busy.size() <= static_cast<std::size_t>(o.end))
                busy.resize(static_cast<std::size_t>(o.end) + 1);
            for (Cycles t = o.start; t <= o.end; ++t) busy[static_cast<std::size_t>(t)] = 1;
        }
        const auto all = busy_intervals(operations, operations.size() + 1);
        std::vector<char> drawn(busy.size());
        std::int64_t counted = 0;
        for (const BusyInterval& i : all) {
            EXPECT_EQ(i.busy, i.end - i.begin);
            counted += i.operations;
            for (Cycles t = i.begin; t < i.end; ++t) drawn[static_cast<std::size_t>(t)] = 1;
        }
        EXPECT_EQ(drawn, busy);
        EXPECT_EQ(counted, static_cast<std::int64_t>(operations.size()));
    }
}

TEST(BusyIntervals, FewKeepTheLongestGapsAndEverySum) {
    std::mt19937 rng(2);
    const auto operations = random_operations(rng, 2000);
    const auto all = busy_intervals(operations, 2000);
    ASSERT_GT(all.size(), 100U);
    for (const std::size_t most : {std::size_t{1}, std::size_t{2}, std::size_t{48}, all.size() - 1}) {
        const auto few = busy_intervals(operations, most);
        ASSERT_EQ(few.size(), most);
        EXPECT_EQ(few.front().begin, all.front().begin);
        EXPECT_EQ(few.back().end, all.back().end);
        Cycles busy = 0;
        std::int64_t counted = 0;
        Cycles shortest_open = few.back().end;
        for (std::size_t i = 0; i < few.size(); ++i) {
            busy += few[i].busy;
            counted += few[i].operations;
            if (i > 0) shortest_open = std::min(shortest_open, few[i].begin - few[i - 1].end);
        }
        Cycles expected = 0;
        std::size_t longer = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            expected += all[i].busy;
            if (i > 0 && all[i].begin - all[i - 1].end > shortest_open) ++longer;
        }
        EXPECT_EQ(busy, expected);
        EXPECT_EQ(counted, 2000);
        EXPECT_LE(longer, most - 1);  // no longer gap was closed
    }
}

TEST(StepTrace, TasksWithoutOperationsShowTheirBusyIntervals) {
    std::vector<StepResult> results{step(5)};
    std::size_t intervals = 0;
    for (TaskResult& task : results[0].tasks) {
        for (std::size_t engine = 0; engine < task.intervals.size(); ++engine) {
            task.intervals[engine] = busy_intervals(task.execution.operations[engine], 3);
            task.execution.operations[engine].clear();
            intervals += task.intervals[engine].size();
        }
    }
    const std::string text = make_step_trace(results, {}).json();
    EXPECT_TRUE(check_trace(text, "t").broken.empty());
    std::size_t drawn = 0;
    const auto parsed = nlohmann::json::parse(text);
    for (const auto& event : parsed.at("traceEvents")) drawn += event.value("cat", "") == "busy" ? 1 : 0;
    EXPECT_EQ(drawn, intervals);
    EXPECT_EQ(text.find("aggregated"), std::string::npos);
    // Without room for them: one slice an engine.
    const std::string capped = make_step_trace(results, {10}).json();
    EXPECT_EQ(capped.find("\"busy\""), std::string::npos);
    EXPECT_NE(capped.find("aggregated"), std::string::npos);
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
