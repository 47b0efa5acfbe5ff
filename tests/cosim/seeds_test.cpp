// Nothing depends on what registers and memories hold at power-up: the same programs from several random
// initial states of the verilated RTL (Verilator's --x-initial unique and --x-assign unique, other values for
// every seed) do the same, cycle for cycle and bit for bit.
#include <gtest/gtest.h>

#include <string>

#include "runtime/functional/functional_sat.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "sim/rtl/rtl_sat.hpp"
#include "sim/verify/gemm_case.hpp"
#include "sim/verify/vector_case.hpp"

namespace satsim {
namespace {

// Ten; three of the whole 32x32 array, which takes a second a run.
int seeds_of(const isa::ArrayConfig& array) {
    return array.rows * array.columns > 256 ? 3 : 10;
}

constexpr Cycles kCycleLimit = 2'000'000;

MemoryImage copy(const MemoryImage& from) {
    MemoryImage to;
    for (const auto& [page, bytes] : from.pages()) to.write(page * MemoryImage::kPageBytes, *bytes);
    return to;
}

// `before`: DRAM before the run; `after`: what must be in it afterwards.
void same_from_every_seed(sim::rtl::RtlSat& rtl, const isa::Program& program, const MemoryImage& before,
                          const MemoryImage& after) {
    dram::MemoryConfig memory;
    memory.channels = program.config.channels;
    memory.stall_seed = 5;
    Execution first;
    for (int seed = 1; seed <= seeds_of(program.config); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        MemoryImage dram = copy(before);
        rtl.set_seed(1'000'003 * seed);
        const Execution run = rtl.run(program, dram, memory, kCycleLimit);
        ASSERT_EQ(MemoryImage::first_difference(dram, after), -1);
        if (seed == 1) first = run;
        ASSERT_EQ(run.start, first.start);
        ASSERT_EQ(run.end, first.end);
        ASSERT_EQ(run.operations, first.operations);
        ASSERT_EQ(run.memory, first.memory);
        ASSERT_EQ(run.counters, first.counters);
    }
}

class SeedsTest : public testing::TestWithParam<int> {
  protected:
    [[nodiscard]] static isa::ArrayConfig array() {
        return sim::rtl::built_configurations()[static_cast<std::size_t>(GetParam())];
    }
};

TEST_P(SeedsTest, Gemm) {
    struct Kind {
        Stage stage;
        NmPattern nm;
        bool weight_stationary;
    };
    const isa::ArrayConfig config = array();
    sim::rtl::RtlSat rtl(config);
    std::mt19937_64 rng(3);
    for (const Kind& kind : {Kind{Stage::FF, {2, 8}, false}, Kind{Stage::BP, {2, 4}, false},
                             Kind{Stage::WU, {8, 8}, false}, Kind{Stage::FF, {8, 8}, true}}) {
        verify::CaseOptions options;
        options.stage = kind.stage;
        options.nm = kind.nm;
        options.max_channels = 34;
        options.max_columns = 40;
        options.max_grid = 5;
        schedule::MachineView machine;
        machine.array = config;
        machine.memory.channels = config.channels;
        schedule::ScheduleOptions choice;
        choice.dataflow = kind.weight_stationary
                              ? schedule::ScheduleOptions::DataflowChoice::WeightStationary
                              : schedule::ScheduleOptions::DataflowChoice::OutputStationary;
        const GemmTask task = verify::random_task(rng, options);
        const verify::GemmCase data(task, config, rng);
        const auto schedules = schedule::candidate_schedules(task, machine, choice, 1);
        const isa::Program program = schedule::emit_gemm(task, schedules.front(), machine);
        MemoryImage expected = copy(data.memory());
        FunctionalSat(config).run(program, expected);
        same_from_every_seed(rtl, program, data.memory(), expected);
        if (testing::Test::HasFailure()) return;
    }
}

TEST_P(SeedsTest, Vector) {
    using schedule::VectorKernel;
    const isa::ArrayConfig config = array();
    sim::rtl::RtlSat rtl(config);
    for (const VectorKernel kernel : {VectorKernel::Sgd, VectorKernel::AdamW, VectorKernel::NormStatistics,
                                      VectorKernel::NormGradStatistics, VectorKernel::BiasGrad,
                                      VectorKernel::Prune, VectorKernel::NormGradApply}) {
        schedule::VectorProblem problem;
        problem.layer = "test";
        problem.kernel = kernel;
        problem.rows = 37;
        problem.columns = 44;
        const bool packs =
            kernel == VectorKernel::Sgd || kernel == VectorKernel::AdamW || kernel == VectorKernel::Prune;
        if (packs) problem.pack_ff = NmPattern{2, 8}, problem.pack_bp = NmPattern{2, 8};
        problem.hyper.sr_ste_decay = 2e-4F;
        verify::VectorCase before(problem, config, 9);
        verify::VectorCase after(problem, config, 9);
        after.run();
        const isa::Program program = after.program();
        same_from_every_seed(rtl, program, before.memory(), after.memory());
        if (testing::Test::HasFailure()) return;
    }
}

// The proof that seeds matter: a program that stores the vector memory, which nothing has written.
TEST_P(SeedsTest, WhatNobodyWroteDiffers) {
    namespace store = isa::store;
    using isa::Opcode;
    const auto set = [](int reg, std::int64_t value) {
        return isa::Instruction{Opcode::Set, static_cast<std::uint8_t>(reg), 0, value};
    };
    isa::Program program;
    program.config = array();
    program.streams[static_cast<std::size_t>(isa::Engine::Store)] = {
        set(store::base, 1 << 20),
        set(store::len, 512),
        set(store::grid_w, 1),
        set(store::grid_h, 1),
        set(store::count, 1),
        set(store::src_kind, 1),
        {Opcode::Run, 0, 0,
         isa::encode_run({.push_early0 = -1, .push_early1 = -1, .push_end = 0, .flags = 0})},
        {Opcode::Halt, 0, 0, 0}};
    program.streams[static_cast<std::size_t>(isa::Engine::Load)] = {{Opcode::Wait, 0, 0, 1},
                                                                    {Opcode::Halt, 0, 0, 0}};
    sim::rtl::RtlSat rtl(program.config);
    std::array<MemoryImage, 2> seen;
    for (int seed = 1; seed <= 2; ++seed) {
        rtl.set_seed(seed);
        (void)rtl.run(program, seen[static_cast<std::size_t>(seed - 1)], {}, kCycleLimit);
    }
#ifndef SATSIM_COVERAGE  // there one model serves all runs
    EXPECT_NE(MemoryImage::first_difference(seen[0], seen[1]), -1);
#endif
}

INSTANTIATE_TEST_SUITE_P(Arrays, SeedsTest,
                         testing::Range(0, static_cast<int>(sim::rtl::built_configurations().size())),
                         [](const auto& instance) {
                             const isa::ArrayConfig config =
                                 sim::rtl::built_configurations()[static_cast<std::size_t>(instance.param)];
                             return std::to_string(config.rows) + "x" + std::to_string(config.columns);
                         });

}  // namespace
}  // namespace satsim
