// Leaving out periods changes nothing: programs of random loops, with and without
// (docs/architecture/skipping.md).
#include <gtest/gtest.h>

#include "runtime/schedule/scheduler.hpp"
#include "sim/cycle/cycle_sat.hpp"
#include "sim/dram/ddr4_memory.hpp"
#include "tests/support/random_layer_task.hpp"
#include "tests/unit/cycle/random_program.hpp"

namespace satsim::cycle {
namespace {

void expect_equal(const Execution& whole, const Execution& skipped) {
    EXPECT_EQ(whole.start, skipped.start);
    EXPECT_EQ(whole.end, skipped.end);
    EXPECT_EQ(whole.busy, skipped.busy);
    EXPECT_TRUE(whole.memory == skipped.memory)
        << whole.memory.activates << " " << skipped.memory.activates << ", " << whole.memory.read_lines << " "
        << skipped.memory.read_lines << ", " << whole.memory.write_lines << " " << skipped.memory.write_lines
        << ", " << whole.memory.refreshes << " " << skipped.memory.refreshes;
    EXPECT_TRUE(whole.counters == skipped.counters);
}

// Runs both ways; the cycles that were left out.
Cycles compare(const isa::Program& program, RunOptions options) {
    CycleSat sat;
    options.skip_periods = false;
    const Execution whole = sat.run(program, options);
    EXPECT_EQ(CycleSat::skipped(), 0);
    options.skip_periods = true;
    const Execution skipped = sat.run(program, options);
    expect_equal(whole, skipped);
    return CycleSat::skipped();
}

// Every operation of LOAD and STORE begins where its registers say, and VEC's are all alike.
void make_regular(isa::Program& program) {
    for (isa::Instruction& i : program.streams[static_cast<std::size_t>(isa::Engine::Vec)]) {
        if (i.opcode == isa::Opcode::Add) i.imm = 0;
    }
    for (const isa::Engine engine : {isa::Engine::Load, isa::Engine::Store}) {
        for (isa::Instruction& i : program.streams[static_cast<std::size_t>(engine)]) {
            if (i.opcode != isa::Opcode::Run) continue;
            isa::RunFields fields = isa::decode_run(i.imm);
            fields.flags |= engine == isa::Engine::Load ? isa::load::kSeek : isa::store::kSeek;
            i.imm = isa::encode_run(fields);
        }
    }
}

// LOAD's bases move on by `unit`s of bytes.
void move_by(isa::Program& program, std::int64_t unit) {
    for (isa::Instruction& i : program.streams[static_cast<std::size_t>(isa::Engine::Load)]) {
        if (i.opcode == isa::Opcode::Add) i.imm = i.imm / 8 % 5 * unit;
    }
}

TEST(PeriodSkipper, ChangesNothingInRandomLoops) {
    Random random(20261125);
    constexpr int kPrograms = 400;
    int skipping = 0;
    for (int trial = 0; trial < kPrograms; ++trial) {
        SCOPED_TRACE("trial " + std::to_string(trial));
        isa::Program program = random_program(random, 2000);
        if (trial % 4 != 0) {
            make_regular(program);
            move_by(program, std::int64_t{program.config.line_bytes()} << pick(random, 0, 4));
        }
        RunOptions options;
        options.memory = random_memory(random, program.config.channels);
        options.memory.stall_seed = 0;
        if (trial % 2 == 0) options.memory.kind = dram::MemoryKind::Ideal;
        if (compare(program, options) > 0) ++skipping;
        if (testing::Test::HasFailure()) return;
    }
    std::printf("%d of %d programs had a period that could be left out\n", skipping, kPrograms);
    EXPECT_GE(skipping, 40);
}

TEST(PeriodSkipper, ChangesNothingWithBanksAndRefresh) {
    Random random(7);
    int skipping = 0;
    for (int trial = 0; trial < 300; ++trial) {
        SCOPED_TRACE("trial " + std::to_string(trial));
        RunOptions options;
        isa::Program program = random_program(random, 2000);
        make_regular(program);
        // Nowhere, or on to the same bank of another row.
        move_by(program, pick(random, 0, 1) * dram::kBankPeriodLines * program.config.line_bytes());
        options.memory.channels = program.config.channels;
        options.memory.kind = dram::MemoryKind::Ddr4;
        options.memory.ddr4.refi = static_cast<int>(pick(random, 60, 400));
        options.memory.ddr4.rfc = std::min(options.memory.ddr4.rfc, options.memory.ddr4.refi / 3);
        if (compare(program, options) > 0) ++skipping;
        if (testing::Test::HasFailure()) return;
    }
    std::printf("%d of 300 programs had a period that could be left out\n", skipping);
    EXPECT_GE(skipping, 20);
}

// Many bursts of LOAD at a time, whose state is another one than that of bursts one by one.
TEST(PeriodSkipper, ChangesNothingWithScatteredPositions) {
    Random random(20261126);
    constexpr int kPrograms = 200;
    int skipping = 0;
    for (int trial = 0; trial < kPrograms; ++trial) {
        SCOPED_TRACE("trial " + std::to_string(trial));
        isa::Program program = random_program(random, 1000);
        make_regular(program);
        const bool ideal = trial % 3 == 0;
        const std::int64_t lines = ideal ? std::int64_t{program.config.burst_lines} : dram::kBankPeriodLines;
        move_by(program, pick(random, 0, 1) * lines * program.config.line_bytes());
        scatter(random, program);
        RunOptions options;
        options.memory.channels = program.config.channels;
        options.memory.kind = ideal ? dram::MemoryKind::Ideal : dram::MemoryKind::Ddr4;
        options.memory.ddr4.refi = static_cast<int>(pick(random, 60, 400));
        options.memory.ddr4.rfc = std::min(options.memory.ddr4.rfc, options.memory.ddr4.refi / 3);
        if (compare(program, options) > 0) ++skipping;
        if (testing::Test::HasFailure()) return;
    }
    std::printf("%d of %d programs had a period that could be left out\n", skipping, kPrograms);
    EXPECT_GE(skipping, 20);
}

TEST(PeriodSkipper, ChangesNothingInScheduledLayers) {
    std::mt19937_64 random(11);
    int skipping = 0;
    int programs = 0;
    while (programs < 400) {
        schedule::MachineView machine;
        machine.array.channels = 1 << random() % 3;
        machine.memory.channels = machine.array.channels;
        machine.memory.kind = random() % 3 == 0 ? dram::MemoryKind::Ddr4 : dram::MemoryKind::Ideal;
        const GemmTask task = test::random_layer_task(random, test::kBounds[random() % 4], machine.array);
        const auto schedules = schedule::candidate_schedules(task, machine, {}, 4);
        const isa::Program program =
            schedule::emit_gemm(task, schedules[random() % schedules.size()], machine);
        SCOPED_TRACE("program " + std::to_string(programs));
        RunOptions options;
        options.memory = machine.memory;
        if (compare(program, options) > 0) ++skipping;
        if (testing::Test::HasFailure()) return;
        ++programs;
    }
    std::printf("%d of %d layers had a period that could be left out\n", skipping, programs);
    EXPECT_GE(skipping, 10);
}

TEST(PeriodSkipper, ALimitHoldsForTheCyclesLeftOut) {
    Random random(3);
    isa::Program program = random_program(random, 2);
    RunOptions options;
    options.memory.kind = dram::MemoryKind::Ideal;
    Cycles cycles = 0;
    while (cycles == 0) {
        program = random_program(random, 400);
        options.cycle_limit = 0;
        cycles = CycleSat().run(program, options).cycles();
        if (CycleSat::skipped() == 0) cycles = 0;
    }
    options.cycle_limit = cycles;
    EXPECT_NO_THROW((void)CycleSat().run(program, options));
    options.cycle_limit = cycles / 2;
    EXPECT_THROW((void)CycleSat().run(program, options), CycleLimitError);
}

// What has to happen one by one is not left out.
TEST(PeriodSkipper, RecordsAndStallsAreWhole) {
    Random random(5);
    for (int trial = 0; trial < 40; ++trial) {
        const isa::Program program = random_program(random, 60);
        RunOptions options;
        options.memory.kind = dram::MemoryKind::Ideal;
        options.record_operations = true;
        (void)CycleSat().run(program, options);
        EXPECT_EQ(CycleSat::skipped(), 0);
        options.record_operations = false;
        options.memory.stall_seed = 9;
        (void)CycleSat().run(program, options);
        EXPECT_EQ(CycleSat::skipped(), 0);
    }
}

}  // namespace
}  // namespace satsim::cycle
