// The shrinker with a comparison that is broken on purpose: a mismatch where a stated property holds.
#include "sim/verify/shrink.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>

#include "sim/verify/campaign.hpp"
#include "sim/verify/reductions.hpp"
#include "sim/verify/subject.hpp"

namespace satsim::verify {
namespace {

isa::ArrayConfig small_array() {
    isa::ArrayConfig array;
    array.rows = array.columns = 4;
    array.channels = 1;
    array.west_lines = 128;
    array.north_value_lines = 256;
    array.north_index_lines = 128;
    array.result_addresses = 1024;
    array.vmem_lines = 256;
    return array;
}

Kind kind_named(const std::string& name) {
    for (const Kind& kind : all_kinds()) {
        if (kind.name == name) return kind;
    }
    throw std::logic_error(name);
}

// The first case of the kind that `fails` calls a mismatch.
Case failing_case(const std::string& kind, const std::function<bool(const Case&)>& fails) {
    for (std::uint64_t seed = 1;; ++seed) {
        const Case c = draw_case(kind_named(kind), small_array(), seed).found;
        if (fails(c)) return c;
    }
}

const GemmTask& task_of(const Case& c) {
    return std::get<GemmWork>(c.work).task;
}

// Nothing smaller fails, by another walk over the reductions.
void expect_minimal(const Shrunk& shrunk, const std::function<bool(const Case&)>& fails) {
    EXPECT_TRUE(shrunk.minimal);
    EXPECT_TRUE(fails(shrunk.smallest));
    EXPECT_FALSE(visit_reductions(shrunk.smallest, fails)) << describe(shrunk.smallest);
}

TEST(Shrink, MatrixToTheLeastReduction) {
    const auto fails = [](const Case& c) { return task_of(c).shape.k >= 20; };
    const Shrunk shrunk = shrink(failing_case("os-dense-matrix", fails), fails);
    expect_minimal(shrunk, fails);
    EXPECT_EQ(task_of(shrunk.smallest).shape, (GemmShape{1, 1, 20}));
    EXPECT_EQ(shrunk.smallest.memory.kind, dram::MemoryKind::Ideal);
    EXPECT_EQ(shrunk.smallest.memory.stall_seed, 0U);
    EXPECT_GT(shrunk.steps, 0);
}

TEST(Shrink, ConvolutionKeepsOnlyWhatFails) {
    // Needs a stride, two taps and a stalling memory; nothing else.
    const auto fails = [](const Case& c) {
        const Gather& g = task_of(c).gather;
        return g.stride_x == 2 && g.taps.size() >= 2 && c.memory.stall_seed != 0;
    };
    const Shrunk shrunk = shrink(failing_case("os-2:8-conv", fails), fails);
    expect_minimal(shrunk, fails);
    const GemmTask& task = task_of(shrunk.smallest);
    EXPECT_EQ(task.gather.taps.size(), 2U);
    EXPECT_EQ(task.gather.channels, 1);
    EXPECT_EQ(task.gather.positions(), 1);
    EXPECT_EQ(task.gather.stride_y, 1);
    EXPECT_EQ(task.shape.n, 1);
    EXPECT_EQ(shrunk.smallest.memory.kind, dram::MemoryKind::Ideal);
    EXPECT_NE(shrunk.smallest.memory.stall_seed, 0U);
}

TEST(Shrink, ScheduleOfTheSameDataflow) {
    const auto fails = [](const Case& c) { return std::get<GemmWork>(c.work).schedule.row_slots >= 2; };
    const Shrunk shrunk = shrink(failing_case("ws-dense-conv", fails), fails);
    expect_minimal(shrunk, fails);
    EXPECT_EQ(std::get<GemmWork>(shrunk.smallest.work).schedule.dataflow,
              schedule::Dataflow::WeightStationary);
    EXPECT_EQ(task_of(shrunk.smallest).shape.k, 1);
}

TEST(Shrink, WeightUpdate) {
    const auto fails = [](const Case& c) { return task_of(c).shape.m >= 6; };
    const Shrunk shrunk = shrink(failing_case("wu-dense-conv", fails), fails);
    expect_minimal(shrunk, fails);
    EXPECT_EQ(task_of(shrunk.smallest).shape.k, 1);
}

TEST(Shrink, VectorProblem) {
    const auto problem_of = [](const Case& c) { return std::get<schedule::VectorProblem>(c.work); };
    const auto fails = [&](const Case& c) {
        return problem_of(c).rows >= 17 && problem_of(c).pack_bp.has_value();
    };
    const Shrunk shrunk = shrink(failing_case("vec-adam", fails), fails);
    expect_minimal(shrunk, fails);
    const schedule::VectorProblem problem = problem_of(shrunk.smallest);
    EXPECT_EQ(problem.rows, 17);
    EXPECT_EQ(problem.columns, 1);
    EXPECT_EQ(problem.taps, 1);
    EXPECT_FALSE(problem.pack_ff.has_value());
}

TEST(Shrink, EveryReductionIsAProgram) {
    for (const Target& target : targets_of(all_kinds(), {small_array()})) {
        const Case c = draw_case(target.kind, target.array, 5).found;
        int reductions = 0;
        visit_reductions(c, [&](const Case& smaller) {
            EXPECT_FALSE(subject_of(smaller).program.streams[0].empty() &&
                         subject_of(smaller).program.streams[3].empty());
            return ++reductions == 10;
        });
        EXPECT_GT(reductions, 0) << describe(c);
    }
}

TEST(Shrink, StopsAtItsLimit) {
    const auto fails = [](const Case&) { return true; };
    const Case c = failing_case("os-dense-conv", fails);
    ShrinkLimits limits;
    limits.runs = 5;
    const Shrunk shrunk = shrink(c, fails, limits);
    EXPECT_EQ(shrunk.runs, 5);
    EXPECT_FALSE(shrunk.minimal);
    limits.runs = 1000;
    limits.time = std::chrono::milliseconds(0);
    EXPECT_EQ(shrink(c, fails, limits).runs, 0);
}

}  // namespace
}  // namespace satsim::verify
