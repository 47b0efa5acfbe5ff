// The rule of docs/formats/compare.md, "What bounds a task", case by case.
#include "runtime/dispatch/bound.hpp"

#include <gtest/gtest.h>

namespace satsim {
namespace {

// Shares of a task of 10,000 cycles, in percent.
BoundInput input(int mac, int bus, int load, int stce, int store) {
    BoundInput in;
    in.array.rows = in.array.columns = 4;
    in.execution.end = 9999;
    in.execution.counters.mac_slots = 16LL * 100 * mac;
    in.execution.memory.read_lines = 100LL * bus;
    in.execution.busy = {100LL * load, 100LL * stce, 0, 100LL * store};
    return in;
}

TEST(Bound, FollowsTheStatedOrder) {
    EXPECT_EQ(classify(input(95, 30, 40, 99, 20)), Bound::Compute);
    EXPECT_EQ(classify(input(85, 90, 95, 99, 20)), Bound::Bandwidth);
    EXPECT_EQ(classify(input(40, 85, 95, 60, 20)), Bound::Bandwidth);
    EXPECT_EQ(classify(input(40, 20, 50, 95, 20)), Bound::Fill);
    EXPECT_EQ(classify(input(40, 20, 95, 60, 20)), Bound::Bandwidth);
    EXPECT_EQ(classify(input(40, 20, 20, 60, 95)), Bound::Bandwidth);
    EXPECT_EQ(classify(input(40, 20, 50, 60, 20)), Bound::Dependency);
}

TEST(Bound, LoadsPortMayBeFullerThanTheBus) {
    BoundInput in = input(40, 20, 95, 60, 20);
    in.execution.counters.load_words = 10000LL * in.array.line_words() * 3 / 10;
    EXPECT_EQ(classify(in), Bound::Fill);
    in.load_copies = 4;
    EXPECT_EQ(classify(in), Bound::Bandwidth);
}

TEST(Bound, WithoutInterleavingTheAdderIsWaitedFor) {
    BoundInput in = input(17, 20, 50, 95, 20);
    in.short_interleave = true;
    EXPECT_EQ(classify(in), Bound::Dependency);
}

TEST(Bound, VectorTasksWorkInVec) {
    BoundInput in = input(0, 30, 40, 0, 20);
    in.gemm = false;
    in.execution.busy[static_cast<std::size_t>(isa::Engine::Vec)] = 9000;
    EXPECT_EQ(classify(in), Bound::Compute);
}

TEST(Shortfall, NamesPaddingAndIdleSlots) {
    TaskResult task;
    task.kind = "gemm";
    task.execution = input(50, 20, 95, 60, 20).execution;
    task.macs_issued = 16 * 100 * 25;
    const std::string text = shortfall(task, 16);
    EXPECT_NE(text.find("50 % of MAC slots are real"), std::string::npos) << text;
    EXPECT_NE(text.find("MAC slots in 50 % of cycles"), std::string::npos) << text;
    EXPECT_NE(text.find("LOAD 95 %"), std::string::npos) << text;
    EXPECT_EQ(text.find("rounding"), std::string::npos) << text;
    EXPECT_EQ(text.find("results a USPE"), std::string::npos) << text;
    EXPECT_EQ(text.find("compulsory"), std::string::npos) << text;
    task.array_fit = 0.75;
    EXPECT_EQ(shortfall(task, 16), "rounding to the array alone allows 75 %; " + text);
    task.shape = {27, 64, 100};
    task.executed = {64, 64, 104};
    EXPECT_NE(shortfall(task, 16).find("are real (M 27 runs as 64, K 100 as 104)"), std::string::npos);
    task.slot_fit = 0.75;
    task.compulsory_bytes = 1000;
    task.dram_bytes = 1500;
    const std::string more = shortfall(task, 16);
    EXPECT_NE(more.find("(tiles of fewer than 4 results a USPE allow 75 %; bus"), std::string::npos) << more;
    EXPECT_TRUE(more.ends_with("; 1.50 times the compulsory bytes)")) << more;
    task.macs_issued = 16 * 10000;
    EXPECT_EQ(shortfall(task, 16), "");
}

}  // namespace
}  // namespace satsim
