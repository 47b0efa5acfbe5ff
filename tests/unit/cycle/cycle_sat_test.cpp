// CycleSat against the literal machine, its faults, and its reset between runs.
#include "sim/cycle/cycle_sat.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cycle/literal_machine.hpp"
#include "tests/unit/cycle/random_program.hpp"

namespace satsim::cycle {
namespace {

// Half of the programs load scattered positions, many bursts in one go while the other engines leave room.
TEST(CycleSat, EqualsTheLiteralMachineOnRandomPrograms) {
    Random random(20260803);
    CycleSat sat;
    for (int trial = 0; trial < 1600; ++trial) {
        isa::Program program = random_program(random);
        if (trial % 2 == 1) scatter(random, program);
        RunOptions options;
        options.memory = random_memory(random, program.config.channels);
        options.record_operations = true;
        const Execution expected = literal::Machine(program, options.memory).run();
        const Execution actual = sat.run(program, options);
        ASSERT_EQ(expected.start, actual.start) << "trial " << trial;
        for (std::size_t e = 0; e < isa::kEngines; ++e) {
            ASSERT_EQ(expected.operations[e].size(), actual.operations[e].size()) << "trial " << trial;
            for (std::size_t i = 0; i < expected.operations[e].size(); ++i) {
                ASSERT_TRUE(expected.operations[e][i] == actual.operations[e][i])
                    << "trial " << trial << ", " << isa::kEngineNames[e] << " operation " << i;
            }
        }
        ASSERT_EQ(expected.end, actual.end) << "trial " << trial;
        ASSERT_TRUE(expected.memory == actual.memory) << "trial " << trial;
    }
}

TEST(CycleSat, RunsAgainAsIfItWereTheFirstTime) {
    Random random(5);
    const isa::Program a = random_program(random);
    const isa::Program b = random_program(random);
    RunOptions options;
    CycleSat sat;
    const Execution first = sat.run(a, options);
    (void)sat.run(b, options);
    const Execution again = CycleSat().run(a, options);
    EXPECT_EQ(first.end, again.end);
    EXPECT_EQ(first.busy, again.busy);
    EXPECT_TRUE(first.memory == again.memory);
    EXPECT_TRUE(first.counters == again.counters);
}

TEST(CycleSat, CountsWhatTheProgramSays) {
    isa::Program program;
    program.config.rows = program.config.columns = 4;
    program.config.channels = 1;
    StreamWriter g(program.streams[1]);
    g.set(isa::stce::m, 8);
    g.set(isa::stce::n, 2);
    g.set(isa::stce::sr, 2);
    g.set(isa::stce::sc, 4);
    g.set(isa::stce::groups, 3);
    g.set(isa::stce::rows, 3);
    g.run(isa::stce::kFirst | isa::stce::kLast, -1, -1, -1);
    g.halt();
    RunOptions options;
    options.memory.kind = dram::MemoryKind::Ideal;
    options.record_operations = true;
    const Execution run = CycleSat().run(program, options);
    EXPECT_EQ(run.counters.mac_slots, 3 * 2 * 2 * 4 * 16);
    EXPECT_EQ(run.counters.west_words, 3 * (2 * 8 / 4) * 4);
    EXPECT_EQ(run.counters.north_lines_bytes, 3 * 2 * 4 * 4 * 5 / 2);
    EXPECT_EQ(run.counters.result_writes, 3 * 8 * 4);
    // Ideal memory: header arrives in 1, is popped in 2; one body line requested in 3, there in 4, popped
    // in 5.
    EXPECT_EQ(run.start, 6);
    const OperationRecord op = run.operations[1].at(0);
    EXPECT_EQ(op.start, run.start + 6);
    // F = 4, X = 16: x_0 = d + 1 + 4, x_end = x_0 + 48; drain of 24 slots from x_end + 10 on.
    EXPECT_EQ(op.release, op.start + 5 + 48);
    EXPECT_EQ(op.end,
              op.start + 5 + 48 + isa::timing::kDrainLatency + 24 - 1 + 3 + 3 + isa::timing::kOutLatency);
    EXPECT_EQ(run.end, op.end);
    EXPECT_EQ(run.busy[1], op.end - op.start + 1);
}

TEST(CycleSat, AProgramWithoutInstructionsEndsWhereItStarts) {
    RunOptions options;
    options.memory.kind = dram::MemoryKind::Ideal;
    const Execution run = CycleSat().run(isa::Program{}, options);
    EXPECT_EQ(run.start, 3);
    EXPECT_EQ(run.end, 3);
}

std::string fault_of(const isa::Program& program, const RunOptions& options) {
    try {
        (void)CycleSat().run(program, options);
    } catch (const DeadlockError& fault) {
        return std::string("deadlock|") + fault.what();
    } catch (const CycleLimitError& fault) {
        return std::string("limit|") + fault.what();
    } catch (const InputError& fault) {
        return std::string("input|") + fault.what();
    }
    return "";
}

TEST(CycleSat, NamesWhoWaitsForWhatInADeadlock) {
    isa::Program program;
    StreamWriter load(program.streams[0]);
    load.set(0, 0);
    load.wait(3, 2);
    load.halt();
    StreamWriter store(program.streams[3]);
    store.post(3);
    store.wait(9);
    store.halt();
    const std::string fault = fault_of(program, {});
    EXPECT_NE(fault.find("deadlock|"), std::string::npos) << fault;
    EXPECT_NE(fault.find("LOAD waits at instruction 1 for 2 tokens of semaphore 3, which holds 1"),
              std::string::npos)
        << fault;
    EXPECT_NE(fault.find("STORE waits at instruction 1 for 1 tokens of semaphore 9"), std::string::npos)
        << fault;
    // And the model is as good as new.
    Random random(5);
    const isa::Program good = random_program(random);
    EXPECT_NO_THROW((void)CycleSat().run(good, {}));
}

TEST(CycleSat, RefusesProgramsThatBreakTheRules) {
    isa::Program endless;
    StreamWriter e(endless.streams[2]);
    e.loop(1LL << 38);
    e.set(0, 0);
    e.end();
    e.halt();
    RunOptions options;
    options.cycle_limit = 100000;
    EXPECT_NE(fault_of(endless, options).find("limit|"), std::string::npos);

    isa::Program no_halt;
    StreamWriter(no_halt.streams[0]).set(0, 0);
    EXPECT_NE(fault_of(no_halt, {}).find("/LOAD/1: the stream ends without HALT"), std::string::npos);

    isa::Program overflow;
    StreamWriter a(overflow.streams[0]);
    a.post(1, 200);
    a.post(1, 200);
    a.halt();
    StreamWriter b(overflow.streams[1]);
    for (int i = 0; i < 10; ++i) b.set(0, 0);
    b.wait(1);
    b.halt();
    EXPECT_NE(fault_of(overflow, {}).find("semaphore 1 exceeds 255"), std::string::npos);

    isa::Program vec;
    StreamWriter v(vec.streams[2]);
    v.set(isa::vec::op, 99);
    v.run(0, -1, -1, -1);
    v.halt();
    EXPECT_NE(fault_of(vec, {}).find("/VEC: there is no vector operation 99"), std::string::npos);

    isa::Program too_long;
    too_long.config.instructions = 2;
    StreamWriter t(too_long.streams[0]);
    t.set(0, 0);
    t.set(0, 0);
    t.halt();
    EXPECT_NE(fault_of(too_long, {}).find("3 instructions, the memory holds 2"), std::string::npos);
}

}  // namespace
}  // namespace satsim::cycle
