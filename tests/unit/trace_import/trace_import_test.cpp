// Reading traces strictly, and the difference of two.
#include <gtest/gtest.h>

#include <sstream>

#include "runtime/support/error.hpp"
#include "runtime/trace_import/diff.hpp"
#include "runtime/trace_import/event_reader.hpp"

namespace satsim {
namespace {

TraceProfile read(const std::string& text, std::size_t process = 1) {
    std::istringstream in(text);
    return read_profile(in, "t.json", process);
}

std::string fault(const std::string& text) {
    try {
        (void)read(text);
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

std::string slice(const std::string& name, int ts, int dur, const std::string& more = "", int tid = 1,
                  int pid = 1) {
    return R"({"ph":"X","pid":)" + std::to_string(pid) + R"(,"tid":)" + std::to_string(tid) + R"(,"name":")" +
           name + R"(","ts":)" + std::to_string(ts) + R"(,"dur":)" + std::to_string(dur) + more + "}";
}

std::string task(const std::string& layer, const std::string& stage, int ts, int dur, int pid = 1) {
    return slice(
        layer + " " + stage, ts, dur,
        R"(,"args":{"layer":")" + layer + R"(","stage":")" + stage + R"(","provenance":"simulated"})", 1,
        pid);
}

std::string trace(std::initializer_list<std::string> events) {
    std::string text = R"({"displayTimeUnit":"ns","otherData":{"deep":[[{"a":[1]}]]},"traceEvents":[)";
    for (const std::string& event : events) text += (text.back() == '[' ? "" : ",") + event;
    return text + "]}";
}

// Operations without a gradient carry the number of the next one that has one: its layer is the gradient's.
TEST(TraceImport, AGradientBelongsToTheLastOperationOfItsNumber) {
    const auto of = [](const char* category, const std::string& arguments) {
        return std::string(R"(,"cat":")") + category + R"(","args":{)" + arguments + "}";
    };
    const std::string seven = R"("Sequence number":7)";
    const TraceProfile profile = read(trace({
        slice("preprocess", 0, 10, of("user_annotation", "")),
        slice("aten::empty", 1, 2, of("cpu_op", seven)),
        slice("embedding", 20, 10, of("user_annotation", "")),
        slice("aten::embedding", 21, 5, of("cpu_op", seven)),
        slice("autograd::engine::evaluate_function: EmbeddingBackward", 50, 20, of("cpu_op", seven), 2),
        slice("cudaLaunchKernel", 55, 2, of("cuda_runtime", R"("correlation":3)"), 2),
        slice("embedding_backward", 60, 9, of("kernel", R"("correlation":3,"stream":7)"), 7, 0),
    }));
    ASSERT_EQ(profile.entries.size(), 1U);
    EXPECT_EQ(profile.entries[0].layer, "embedding");
    EXPECT_EQ(profile.entries[0].stage, "BP");
}

TEST(TraceImport, TasksOfSatsimsOwnTraces) {
    const std::string text = trace({R"({"ph":"M","pid":2,"tid":0,"name":"process_name","args":{"name":"B"}})",
                                    task("conv1", "FF", 0, 10), task("conv1", "WU", 10, 5),
                                    slice("LOAD 0", 0, 3, "", 2), task("conv1", "FF", 0, 7, 2)});
    const TraceProfile first = read(text);
    EXPECT_EQ(first.source, ProfileSource::Satsim);
    EXPECT_EQ(first.provenance, "simulated");
    ASSERT_EQ(first.entries.size(), 2U);
    EXPECT_EQ(first.busy_us(), 15);
    const TraceProfile second = read(text, 2);
    EXPECT_EQ(second.machine, "B");
    EXPECT_EQ(second.busy_us(), 7);
    EXPECT_THROW((void)read(text, 3), InputError);
    EXPECT_THROW((void)read(text, 0), InputError);
}

TEST(TraceImport, SlicesOfOtherTracesLessWhatNestsInThem) {
    const TraceProfile profile = read(
        "[" + slice("outer", 0, 100) + "," + slice("inner", 10, 30) + "," + slice("inner", 50, 20) +
        R"(,{"ph":"B","pid":"p","tid":"t","name":"pair","ts":5},{"ph":"E","pid":"p","tid":"t","ts":25})" +
        R"(,{"ph":"C","pid":1,"tid":1,"name":"c","ts":1,"args":{"v":1}}])");
    EXPECT_EQ(profile.source, ProfileSource::Chrome);
    EXPECT_EQ(profile.busy_us(), 120);
    EXPECT_EQ(profile.wall_us(), 100);
    const std::vector<ProfileGroup> groups = by_layer(profile);
    ASSERT_EQ(groups.size(), 3U);
    EXPECT_EQ(groups[0].layer, "outer");
    EXPECT_EQ(groups[0].sum.busy_us, 50);
    EXPECT_EQ(groups[1].layer, "pair");
    EXPECT_EQ(groups[2].sum.pieces, 2U);
    EXPECT_EQ(groups[2].sum.busy_us, 50);
}

// a of 0 to 5 and b of 3 to 8 are two slices of 5, neither part of the other.
TEST(TraceImport, OnlyWhatNestsIsTakenFromAnother) {
    const TraceProfile profile =
        read("[" + slice("a", 0, 5) + "," + slice("b", 3, 5) + "," + slice("c", 3, 2) + "]");
    ASSERT_EQ(profile.entries.size(), 3U);
    EXPECT_EQ(profile.entries[0].busy_us, 5);
    EXPECT_EQ(profile.entries[1].busy_us, 3);  // c lies in both: b began last
    EXPECT_EQ(profile.entries[2].busy_us, 2);
    EXPECT_EQ(profile.covered_us(), 8);
    EXPECT_EQ(profile.wall_us(), 8);
}

// In a file of whole microseconds a child may seem to end one after its parent, which loses no more than it
// holds.
TEST(TraceImport, TimesOfAFileAreAsExactAsItIs) {
    const TraceProfile whole = read("[" + slice("a", 10, 5) + "," + slice("b", 11, 5) + "]");
    EXPECT_EQ(whole.entries[0].busy_us, 1);
    EXPECT_EQ(whole.entries[1].busy_us, 5);
    const TraceProfile fine = read("[" + slice("a", 10, 5) + "," + slice("b", 11, 5) +
                                   R"(,{"ph":"X","name":"c","ts":20.5,"dur":1}])");
    EXPECT_EQ(fine.entries[0].busy_us, 5);
}

TEST(TraceImport, WhatTracksDoAtOnceCountsOnce) {
    const TraceProfile profile = read("[" + slice("a", 0, 10, "", 1) + "," + slice("b", 0, 10, "", 2) + "," +
                                      slice("c", 20, 10, "", 1, 2) + "]");
    EXPECT_EQ(profile.busy_us(), 30);
    EXPECT_EQ(profile.covered_us(), 20);
    EXPECT_EQ(profile.wall_us(), 30);
    EXPECT_EQ(profile.tracks(), 3U);  // thread 1 of process 1 is not thread 1 of process 2
    EXPECT_EQ(profile.entries[0].track, "track 1 (process 1, thread 1)");
    EXPECT_EQ(profile.entries[1].track, "track 2");
}

TEST(TraceImport, OpenSlicesEndWithTheRecording) {
    const TraceProfile profile = read(
        R"([{"ph":"B","name":"loop","ts":1,"pid":3,"tid":4},{"ph":"B","name":"in","ts":3,"pid":3,"tid":4},)" +
        slice("x", 5, 4) + "]");
    EXPECT_EQ(profile.unended, 2U);
    ASSERT_EQ(profile.entries.size(), 3U);
    EXPECT_EQ(profile.entries[0].end_us, 9);
    EXPECT_EQ(profile.entries[0].busy_us, 2);
    EXPECT_EQ(profile.entries[1].busy_us, 6);
    EXPECT_EQ(read("[" + slice("a", 0, 1) + "]").unended, 0U);
}

// The format lets an array lack its end; an object that does is cut.
TEST(TraceImport, AnArrayMayBeLeftOpen) {
    const std::string a = slice("a", 0, 1);
    for (const char* end : {"", ",", "\n", ",\n", ",]", ", ] \n", "]"})
        EXPECT_EQ(read("[" + a + end).entries.size(), 1U) << end;
    for (const char* end : {",,", ",,]", ",]]", ",] x", ",tru", " x", ",{", ",{\"ph\":\"X\"",
                            ",\"unexpected end of input", ",\" - unexpected ']'", "}"})
        EXPECT_NE(fault("[" + a + end).find("malformed JSON"), std::string::npos) << end;
    for (const char* end : {"", ",", ",]}", "]"})
        EXPECT_NE(fault("{\"traceEvents\":[" + a + end).find("malformed JSON"), std::string::npos) << end;
    EXPECT_NE(fault("[,]").find("malformed JSON"), std::string::npos);
    EXPECT_EQ(fault("["), "t.json: /traceEvents: holds no slice");
}

// As compare says it: of the GEMMs, with the time of what is modelled beside.
TEST(TraceImport, ProvenanceIsOneOfFourWords) {
    const auto piece = [](const char* kind, const char* provenance, int ts, int dur) {
        return slice("p", ts, dur,
                     std::string(R"(,"cat":")") + kind +
                         R"(","args":{"layer":"l","stage":"FF","provenance":")" + provenance + "\"}");
    };
    const TraceProfile both =
        read(trace({piece("gemm", "recorded", 0, 97), piece("vector", "modelled", 97, 3)}));
    EXPECT_EQ(both.provenance, "recorded");
    EXPECT_EQ(both.modelled_us(), 3);
    const TraceProfile weakest =
        read(trace({piece("gemm", "measured", 0, 5), piece("gemm", "simulated", 5, 5)}));
    EXPECT_EQ(weakest.provenance, "simulated");
    EXPECT_EQ(weakest.modelled_us(), 0);
    const TraceProfile modelled = read(trace({piece("host", "modelled", 0, 5)}));
    EXPECT_EQ(modelled.provenance, "modelled");
    EXPECT_EQ(modelled.modelled_us(), 0);
    EXPECT_EQ(read(trace({slice("p", 0, 1, R"(,"args":{"layer":"l","stage":"FF"})")})).provenance,
              "recorded");
}

TEST(TraceImport, FaultsNameTheEvent) {
    EXPECT_EQ(fault("{}"), "t.json: /: lacks the field \"traceEvents\": no trace");
    EXPECT_EQ(fault("3"), "t.json: /: is no trace, expected an object with \"traceEvents\"");
    EXPECT_EQ(fault("[1]"), "t.json: /traceEvents/0: is no event, expected an object");
    EXPECT_EQ(fault("[[]]"), "t.json: /traceEvents/0: is no event, expected an object");
    EXPECT_EQ(fault("[{}]"), "t.json: /traceEvents/0: lacks the field \"ph\"");
    EXPECT_EQ(fault("[" + slice("a", 0, 1) + "," + slice("a", 0, -1) + "]"),
              "t.json: /traceEvents/1/dur: is -1, expected a number from 0 to 1e+18");
    EXPECT_EQ(fault(R"([{"ph":"X","name":"a","dur":1}])"), "t.json: /traceEvents/0: lacks the field \"ts\"");
    EXPECT_EQ(fault(R"([{"ph":"X","name":7,"ts":1,"dur":1}])"),
              "t.json: /traceEvents/0/name: is 7, expected a non-empty string");
    EXPECT_EQ(fault(R"([{"ph":"X","pid":1.5,"name":"a","ts":1,"dur":1}])"),
              "t.json: /traceEvents/0/pid: is neither a whole number nor a word");
    EXPECT_EQ(fault(R"([{"ph":"X","name":"a","ts":1,"dur":1,"args":[]}])"),
              "t.json: /traceEvents/0/args: is no object");
    EXPECT_EQ(fault(R"([{"ph":"E","ts":1}])"),
              "t.json: /traceEvents/0: ends a slice of its track that never began");
    EXPECT_EQ(
        fault(R"([{"ph":"X","name":"a","ts":1,"dur":1,"args":{"layer":"l","stage":"FF","provenance":"x"}}])"),
        "t.json: /traceEvents/0/args/provenance: is \"x\", expected measured, recorded, simulated or "
        "modelled");
    EXPECT_EQ(fault(R"([{"ph":"B","name":"a","ts":9},{"ph":"E","ts":1}])"),
              "t.json: /traceEvents/1/ts: is before its slice began");
    EXPECT_EQ(fault("[]"), "t.json: /traceEvents: holds no slice");
    EXPECT_EQ(fault(R"({"schemaVersion":1,"traceEvents":[)" + slice("op", 0, 1) + "]}"),
              "t.json: is a profiler's trace without work of a device, expected kernels");
    EXPECT_EQ(fault(R"({"traceEvents":[],"traceEvents":[]})"),
              "t.json: /traceEvents/0: has \"traceEvents\" twice");
    EXPECT_EQ(fault("\x1f\x8b\x08"), "t.json: is compressed, expected JSON");
    EXPECT_NE(fault(trace({slice("a", 0, 1)}).substr(0, 120)).find("malformed JSON at byte"),
              std::string::npos);
    EXPECT_NE(fault("").find("malformed JSON"), std::string::npos);
    EXPECT_NE(fault(trace({R"({"ph":"X","args":)" + std::string(100, '[') + std::string(100, ']') + "}"}))
                  .find("nests too deeply"),
              std::string::npos);
}

// However long the file, one event at a time is held: the reader hands each over as it comes.
TEST(TraceImport, EventsComeOneByOneAndInOrder) {
    std::istringstream in(R"({"a":1,"traceEvents":[{"ph":"X","args":{"d":[1,[2]]}},{"ph":"M"}],"b":{}})");
    std::vector<std::string> seen;
    (void)trace_import::read_events(in, "t", [&seen](const nlohmann::json& event, std::size_t index) {
        EXPECT_EQ(index, seen.size());
        seen.push_back(event.dump());
    });
    EXPECT_EQ(seen, (std::vector<std::string>{R"({"args":{"d":[1,[2]]},"ph":"X"})", R"({"ph":"M"})"}));
}

TEST(TraceDiff, ChangesAddUpAndTheLargestComesFirst) {
    const TraceProfile a = read(trace({task("c1", "FF", 0, 10), task("c1", "BP", 10, 20),
                                       task("c2", "FF", 30, 5), task("c1", "FF", 40, 1)}));
    const TraceProfile b =
        read(trace({task("c1", "FF", 0, 12), task("c1", "BP", 12, 4), task("c3", "FF", 16, 3)}));
    const std::vector<DiffRow> rows = diff(a, b);
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0].layer + rows[0].stage, "c1BP");
    EXPECT_EQ(rows[0].change_us(), -16);
    EXPECT_EQ(rows[1].layer, "c2");
    EXPECT_EQ(rows[1].b.pieces, 0U);
    EXPECT_EQ(rows[2].layer, "c3");
    EXPECT_EQ(rows[2].a.pieces, 0U);
    EXPECT_EQ(rows[3].a.pieces, 2U);
    double change = 0;
    for (const DiffRow& row : rows) change += row.change_us();
    EXPECT_EQ(change, b.busy_us() - a.busy_us());
    for (const DiffRow& row : diff(a, a)) EXPECT_EQ(row.change_us(), 0);
}

// Only a number behind the last mark is one of a process.
TEST(TraceImport, TheFileOfAProcess) {
    EXPECT_EQ(profile_file("t.json"), "t.json");
    EXPECT_EQ(profile_file("t.json#2"), "t.json");
    EXPECT_EQ(profile_file("t#1.json#12"), "t#1.json");
    for (const char* whole : {"t#x.json", "t.json#", "t.json#2x", "#"}) EXPECT_EQ(profile_file(whole), whole);
}

}  // namespace
}  // namespace satsim
