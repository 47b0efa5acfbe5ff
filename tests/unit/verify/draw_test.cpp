// Random cases: reproducible, runnable, and of every kind that they promise.
#include "sim/verify/draw.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "runtime/isa/checker.hpp"
#include "sim/verify/campaign.hpp"
#include "sim/verify/random.hpp"
#include "sim/verify/subject.hpp"

namespace satsim::verify {
namespace {

isa::ArrayConfig array_of(int rows, int columns, int max_m) {
    isa::ArrayConfig array;
    array.rows = rows;
    array.columns = columns;
    array.max_m = max_m;
    array.channels = 1;
    array.west_lines = 128;
    array.north_value_lines = 256;
    array.north_index_lines = 128;
    array.result_addresses = 1024;
    array.vmem_lines = 256;
    return array;
}

bool is_among_the_best(const GemmWork& work, const Case& c) {
    schedule::ScheduleOptions options;
    options.dataflow = schedule::ScheduleOptions::DataflowChoice::OutputStationary;
    for (const bool interleave : {true, false}) {
        options.interleave = interleave;
        const auto best = schedule::candidate_schedules(work.task, {c.array, c.memory}, options, 1000);
        const auto same = [&](const schedule::GemmSchedule& one) {
            return one.tile_text() == work.schedule.tile_text();
        };
        if (std::ranges::any_of(best, same)) return true;
    }
    return false;
}

TEST(Kinds, EveryPatternOfTheContractRunsSomewhere) {
    std::set<std::string> names;
    for (const Target& target : targets_of(all_kinds(), {array_of(4, 16, 16)}))
        names.insert(target.kind.name);
    for (const char* dataflow : {"os-", "ws-"}) {
        for (const char* pattern : {"dense", "1:2", "2:4", "2:8", "1:8", "4:8", "1:4"}) {
            for (const char* form : {"-conv", "-matrix"})
                EXPECT_TRUE(names.contains(std::string(dataflow) + pattern + form));
        }
    }
    EXPECT_EQ(names.size(), all_kinds().size());
}

TEST(Draw, OneSeedOneCase) {
    for (const Target& target : targets_of(all_kinds(), {array_of(4, 4, 8)})) {
        const Case first = draw_case(target.kind, target.array, 11).found;
        const Case again = draw_case(target.kind, target.array, 11).found;
        EXPECT_EQ(describe(first), describe(again));
        EXPECT_EQ(isa::serialize(subject_of(first).program), isa::serialize(subject_of(again).program));
    }
}

TEST(Draw, ProgramsPassTheChecker) {
    for (const Target& target : targets_of(all_kinds(), {array_of(4, 4, 8), array_of(4, 16, 16)})) {
        const Case c = draw_case(target.kind, target.array, 2).found;
        EXPECT_NO_THROW(isa::check(subject_of(c).program, describe(c)));
    }
}

TEST(Draw, CoversWhatItPromises) {
    const Kind* convolution = nullptr;
    const Kind* matrix = nullptr;
    for (const Kind& kind : all_kinds()) {
        if (kind.name == "os-2:8-conv") convolution = &kind;
        if (kind.name == "ws-dense-matrix") matrix = &kind;
    }
    std::set<std::int64_t> rows;
    std::set<std::int64_t> columns;
    std::set<std::int64_t> reductions;
    std::set<std::string> seen;
    int refused = 0;
    int strips = 0;
    int other_heights = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        const Draw plain = draw_case(*matrix, array_of(4, 4, 8), seed);
        const GemmTask& product = std::get<GemmWork>(plain.found.work).task;
        rows.insert(product.shape.m);
        columns.insert(product.shape.n);
        reductions.insert(product.shape.k);
        const Draw draw = draw_case(*convolution, array_of(4, 4, 8), seed);
        refused += draw.refused + plain.refused;
        const GemmTask& task = std::get<GemmWork>(draw.found.work).task;
        const Gather& g = task.gather;
        seen.insert(std::string("stride ") + std::to_string(g.stride_x));
        seen.insert(to_string(task.stage));
        if (task.scatter.step_x > 1) seen.insert("scattered");
        const GemmWork& work = std::get<GemmWork>(draw.found.work);
        strips += work.schedule.strip_rows > 1 ? 1 : 0;
        other_heights += is_among_the_best(work, draw.found) ? 0 : 1;
        if (task.count > 1) seen.insert("instances");
        for (const Tap& tap : g.taps) {
            if (tap.dy < 0 || (g.grid_w - 1) * g.stride_x + tap.dx >= g.in_w) seen.insert("padding");
        }
        const dram::MemoryConfig& memory = draw.found.memory;
        seen.insert(memory.kind == dram::MemoryKind::Ideal ? "ideal" : "ddr4");
        seen.insert(memory.stall_seed == 0 ? "steady" : "stalls");
    }
    for (const std::int64_t size : {1, 31, 33, 7, 13, 29}) {
        EXPECT_TRUE(rows.contains(size)) << size;
        EXPECT_TRUE(columns.contains(size)) << size;
        EXPECT_TRUE(reductions.contains(size)) << size;
    }
    for (const char* what : {"stride 1", "stride 2", "FF", "BP", "scattered", "instances", "padding", "ideal",
                             "ddr4", "steady", "stalls"})
        EXPECT_TRUE(seen.contains(what)) << what;
    EXPECT_LE(refused, 40);  // of 800
    EXPECT_GE(strips, 20);   // of 400
    EXPECT_GE(other_heights, 10);
}

// What only dense programs have: images folded for first convolutions, and products over positions.
TEST(Draw, CoversDenseForms) {
    std::set<std::string> seen;
    for (const Kind& kind : all_kinds()) {
        if (kind.name.find("dense") == std::string::npos) continue;
        for (std::uint64_t seed = 0; seed < 500; ++seed) {
            const GemmTask task =
                std::get<GemmWork>(draw_case(kind, array_of(4, 4, 8), seed).found.work).task;
            if (task.gather.tail.channels > 0) seen.insert(kind.name + ": folded image");
            if (task.over_positions && task.out == ElementType::Fp16)
                seen.insert(kind.name +
                            (task.count > 1 ? ": over positions, instances" : ": over positions"));
        }
    }
    for (const char* what : {"os-dense-conv: folded image", "ws-dense-conv: folded image",
                             "wu-dense-conv: folded image", "wu-dense-conv: over positions",
                             "wu-dense-matrix: over positions", "wu-dense-matrix: over positions, instances"})
        EXPECT_TRUE(seen.contains(what)) << what;
}

}  // namespace
}  // namespace satsim::verify
