// What differs is counted and found.
#include "sim/verify/comparison.hpp"

#include <gtest/gtest.h>

#include "runtime/isa/assembler.hpp"

namespace satsim::verify {
namespace {

Execution three_operations() {
    Execution execution;
    execution.start = 5;
    execution.end = 90;
    execution.operations[0] = {{10, 20, 30}, {40, 50, 60}};
    execution.operations[3] = {{35, 70, 90}};
    return execution;
}

TEST(Comparison, EqualExecutions) {
    Comparison result;
    compare_executions(three_operations(), three_operations(), result);
    EXPECT_TRUE(result.equal());
    EXPECT_EQ(result.operations, 3);
    EXPECT_EQ(result.simulated, 91);
}

TEST(Comparison, CountsCyclesAndFindsTheFirstOperation) {
    Execution rtl = three_operations();
    rtl.end = 91;
    rtl.operations[0][1] = {40, 51, 61};
    rtl.operations[3][0].end = 91;
    Comparison result;
    compare_executions(three_operations(), rtl, result);
    EXPECT_EQ(result.cycles, 1 + 2 + 1);
    ASSERT_TRUE(result.first_operation);
    EXPECT_EQ(result.first_operation->engine, isa::Engine::Store);  // starts before LOAD's second
    EXPECT_EQ(result.first_operation->operation, 0U);
    EXPECT_FALSE(result.first_bound.empty());
}

TEST(Comparison, MissingOperation) {
    Execution rtl = three_operations();
    rtl.operations[0].pop_back();
    Comparison result;
    compare_executions(three_operations(), rtl, result);
    EXPECT_EQ(result.cycles, 3);
    ASSERT_TRUE(result.first_operation);
    EXPECT_EQ(result.first_operation->operation, 1U);
    EXPECT_FALSE(result.first_operation->rtl);
}

TEST(Comparison, MemoryCounters) {
    Execution rtl = three_operations();
    rtl.memory.activates = 1;
    rtl.memory.refreshes = 2;
    Comparison result;
    compare_executions(three_operations(), rtl, result);
    EXPECT_EQ(result.counters, 2);
    EXPECT_EQ(result.cycles, 0);
    EXPECT_FALSE(result.equal());
}

TEST(Comparison, CountsBits) {
    MemoryImage ours;
    MemoryImage theirs;
    const std::array<std::uint8_t, 3> bytes{0x00, 0xFF, 0x81};
    theirs.write(4095, bytes);  // over a page, where the other has none
    Comparison result;
    compare_memories(ours, theirs, "rtl", result);
    EXPECT_EQ(result.bits, 10);
    EXPECT_NE(result.first_bits.find("0x1000"), std::string::npos) << result.first_bits;
    compare_memories(ours, ours, "cycle", result);
    EXPECT_EQ(result.bits, 10);
}

TEST(Comparison, ReportNamesTheInstruction) {
    const isa::Program program = isa::assemble(
        ".config rows=4 columns=4 channels=1\n.engine STORE\n    SET count, 3\n    SET len, 8\n    LOOP 2\n"
        "        ADD count, count, 1\n        RUN SEEK end=sem0\n    END\n    HALT\n",
        "test");
    Execution cycle;
    cycle.operations[3] = {{1, 2, 3}, {4, 5, 6}};
    Execution rtl = cycle;
    rtl.operations[3][1].end = 7;
    Comparison result;
    compare_executions(cycle, rtl, result);
    const std::string text = report(result, program);
    EXPECT_NE(text.find("STORE operation 1"), std::string::npos) << text;
    EXPECT_NE(text.find("STORE instruction 4, RUN SEEK end=sem0"), std::string::npos) << text;
    EXPECT_NE(text.find("count=5"), std::string::npos) << text;
    EXPECT_NE(text.find("end 7"), std::string::npos) << text;
}

}  // namespace
}  // namespace satsim::verify
