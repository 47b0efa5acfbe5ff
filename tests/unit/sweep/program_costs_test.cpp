// Costs of programs: counts without walking every iteration, and what is remembered, against working it out.
#include "sim/target/program_costs.hpp"

#include <gtest/gtest.h>

#include <random>

#include "runtime/isa/stream_walker.hpp"
#include "runtime/schedule/predict.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "runtime/support/error.hpp"
#include "sim/cycle/load_operation.hpp"
#include "sim/cycle/stce_recurrence.hpp"
#include "sim/cycle/store_operation.hpp"
#include "tests/support/random_layer_task.hpp"

namespace satsim::sat {
namespace {

struct Counted {
    ExecutionCounters counters;
    double read_lines = 0;
    double write_lines = 0;
    bool operator==(const Counted&) const = default;
};

// Every operation of a program, one by one.
Counted walked(const isa::Program& program) {
    Counted sums;
    const auto lines = [&](std::int64_t count, std::int64_t len, std::int64_t pitch) {
        return schedule::transfer_cost(static_cast<double>(count), static_cast<double>(len),
                                       static_cast<double>(pitch), program.config)
            .lines;
    };
    for (const isa::Engine engine : {isa::Engine::Load, isa::Engine::Stce, isa::Engine::Store}) {
        isa::StreamWalker walker(engine, program.streams[static_cast<std::size_t>(engine)]);
        for (const isa::Instruction* i = walker.next(); i != nullptr; walker.pass(), i = walker.next()) {
            if (i->opcode != isa::Opcode::Run) continue;
            const std::uint32_t flags = isa::decode_run(i->imm).flags;
            if (engine == isa::Engine::Load) {
                const auto op = cycle::LoadOperation::from(walker.registers(), flags);
                sums.counters.load_words += op.written_words();
                sums.read_lines += lines(op.count, op.len, op.px * op.sx);
            } else if (engine == isa::Engine::Store) {
                const auto op = cycle::StoreOperation::from(walker.registers(), flags);
                if (op.source == cycle::StoreSource::Result)
                    sums.counters.result_reads += op.count * (op.len / op.element_bytes());
                sums.write_lines += lines(op.count, op.len, op.px);
            } else {
                const auto op = cycle::GemmOperation::from(walker.registers(), flags);
                sums.counters.mac_slots +=
                    op.steps() * op.n * op.sr * op.sc * program.config.rows * program.config.columns;
                sums.counters.west_words += op.steps() * op.feed_words() * program.config.rows;
            }
        }
    }
    return sums;
}

// Tasks are drawn for the default array: what would bound them on a small one may not exist.
isa::ArrayConfig random_array(std::mt19937_64& random) {
    isa::ArrayConfig array;
    const auto pick = [&random](std::initializer_list<int> values) {
        return *(values.begin() + random() % values.size());
    };
    array.rows = pick({4, 16, 32});
    array.columns = pick({4, 16, 32});
    array.channels = pick({1, 2, 4});
    array.west_lines = pick({128, 512});
    array.north_value_lines = pick({1024, 4096});
    array.vmem_lines = pick({256, 4096});
    array.max_m = pick({8, 16});
    return array;
}

TEST(ProgramCosts, SkippedIterationsCountAsWalkedOnes) {
    std::mt19937_64 random(11);
    int programs = 0;
    while (programs < 40) {
        const schedule::MachineView machine{random_array(random), {}};
        const GemmTask task =
            test::random_layer_task(random, static_cast<test::Bound>(random() % 4), isa::ArrayConfig{});
        std::vector<schedule::Candidate> candidates;
        try {
            candidates = schedule::candidate_programs(task, machine, {}, 3);
        } catch (const InputError&) {
            continue;
        }
        for (const auto& [schedule, program] : candidates) {
            constexpr std::int64_t kWalked =
                100000;  // operations: walking all of a large program takes seconds
            if (count_operations(program) > kWalked) continue;
            const Counted all = walked(program);
            const Execution counted = count_program(program, machine.memory, fast::Prediction{});
            EXPECT_EQ(counted.memory.read_lines, std::llround(all.read_lines) + isa::fetch_lines(program));
            EXPECT_EQ(counted.memory.write_lines, std::llround(all.write_lines));
            EXPECT_EQ(counted.counters.mac_slots, all.counters.mac_slots);
            EXPECT_EQ(counted.counters.west_words, all.counters.west_words);
            EXPECT_EQ(counted.counters.load_words, all.counters.load_words);
            EXPECT_GE(counted.counters.result_reads, all.counters.result_reads);
            ++programs;
        }
    }
}

TEST(ProgramCosts, WhatIsRememberedIsWhatWouldBeWorkedOut) {
    std::mt19937_64 random(12);
    RememberedCosts remembered(20);  // few, so that some are forgotten
    ProgramCosts plain;
    struct Case {
        isa::Program program;
        dram::MemoryConfig memory;
    };
    std::vector<Case> cases;
    while (cases.size() < 60) {
        schedule::MachineView machine{random_array(random), {}};
        machine.memory.channels = machine.array.channels;
        if (random() % 2 == 0) machine.memory.ddr4.cl += static_cast<int>(random() % 3);
        if (random() % 8 == 0) machine.memory.kind = dram::MemoryKind::Ideal;
        const GemmTask task =
            test::random_layer_task(random, static_cast<test::Bound>(random() % 4), isa::ArrayConfig{});
        try {
            for (auto& [schedule, program] : schedule::candidate_programs(task, machine, {}, 2))
                cases.push_back({std::move(program), machine.memory});
        } catch (const InputError&) {
            continue;
        }
    }
    for (int round = 0; round < 150; ++round) {
        const Case& one = cases[random() % (1 + random() % cases.size())];
        const Cycles cycles = plain.cycles(one.program, one.memory);
        EXPECT_EQ(remembered.cycles(one.program, one.memory), cycles);
        const Execution expected = plain.counted(one.program, one.memory);
        const Execution counted = remembered.counted(one.program, one.memory);
        EXPECT_EQ(counted.end, expected.end);
        EXPECT_EQ(counted.busy, expected.busy);
        EXPECT_EQ(counted.memory, expected.memory);
        EXPECT_EQ(counted.counters, expected.counters);
    }
    EXPECT_LT(remembered.worked_out(), remembered.asked());
    EXPECT_GT(remembered.worked_out(), 30);
}

}  // namespace
}  // namespace satsim::sat
