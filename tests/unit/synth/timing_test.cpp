// Longest paths of netlists small enough to add up by hand.
#include <gtest/gtest.h>

#include "runtime/support/error.hpp"
#include "runtime/synth/timing.hpp"
#include "tests/unit/synth/small_netlist.hpp"

namespace satsim::synth {
namespace {

// Powers of two, so that every sum tells its parts.
Delays delays() {
    Delays d;
    d.net.value = 1;
    d.lut.value = 2;
    d.register_clock_to_out.value = 4;
    d.register_setup.value = 8;
    d.carry_enter.value = 16;
    d.carry_step.value = 32;
    d.carry_leave.value = 64;
    d.dsp_combinational.value = 128;
    d.lutram_clock_to_out.value = 256;
    d.bram_clock_to_out.value = 512;
    d.bram_setup.value = 1024;
    d.clock_uncertainty.value = 2048;
    return d;
}
constexpr double kRegisterToRegister = 4 + 8 + 2048;

BlockTiming timing_of(const SmallNetlist& netlist,
                      const std::map<std::string, const BlockTiming*, std::less<>>& blocks = {}) {
    return analyse(netlist.parse(), delays(), blocks, "small");
}

TEST(Timing, ANetLiesBeforeEveryLutAndNoneBetweenALutAndItsFlipFlop) {
    SmallNetlist small;
    small.flip_flop("a_q", 9, 3).lut("one", {3, 3}, 4).lut("two", {4}, 5).flip_flop("b_q", 5, 6);
    const Path path = timing_of(small).longest;
    EXPECT_EQ(path.ns, kRegisterToRegister + 2 * (1 + 2));
    EXPECT_EQ(path.levels, 2);
    EXPECT_EQ(path.from, "a_q");
    EXPECT_EQ(path.to, "b_q");
}

TEST(Timing, FromFlipFlopToFlipFlopIsANet) {
    SmallNetlist small;
    small.flip_flop("a_q", 9, 3).flip_flop("b_q", 3, 4);
    EXPECT_EQ(timing_of(small).longest.ns, kRegisterToRegister + 1);
}

TEST(Timing, InvertersAreFree) {
    SmallNetlist small;
    small.flip_flop("a_q", 9, 3)
        .lut("one", {3}, 4)
        .cell("not", "INV", {{"I", {4}}}, {{"O", {5}}})
        .flip_flop("b_q", 5, 6);
    EXPECT_EQ(timing_of(small).longest.ns, kRegisterToRegister + 1 + 2);
}

TEST(Timing, ACarryChainIsEnteredSteppedThroughAndLeft) {
    SmallNetlist small;
    small.flip_flop("a_q", 90, 3).lut("one", {3}, 4);
    small.cell("low", "CARRY4",
               {{"CI", {"0"}}, {"CYINIT", {"0"}}, {"DI", {"0", "0", "0", "0"}}, {"S", {4, "0", "0", "0"}}},
               {{"CO", {10, 11, 12, 13}}, {"O", {14, 15, 16, 17}}});
    small.cell("middle", "CARRY4",
               {{"CI", {13}}, {"CYINIT", {"0"}}, {"DI", {"0", "0", "0", "0"}}, {"S", {"0", "0", "0", "0"}}},
               {{"CO", {20, 21, 22, 23}}, {"O", {24, 25, 26, 27}}});
    small.cell("high", "CARRY4",
               {{"CI", {23}}, {"CYINIT", {"0"}}, {"DI", {"0", "0", "0", "0"}}, {"S", {"0", "0", "0", "0"}}},
               {{"CO", {30, 31, 32, 33}}, {"O", {34, 35, 36, 37}}});
    small.flip_flop("b_q", 37, 40);
    const Path path = timing_of(small).longest;
    EXPECT_EQ(path.ns, kRegisterToRegister + (1 + 2) + 16 + 32 + 64);
    EXPECT_EQ(path.levels, 2);
}

TEST(Timing, MemoriesAndMultipliersBeginAndEndPaths) {
    SmallNetlist small;
    small.cell("ram.0.0", "RAMB36E2", {{"CLKARDCLK", {2}}, {"ADDRARDADDR", {50}}}, {{"DOUTADOUT", {3}}});
    small.cell("mul", "DSP48E2", {{"A", {3}}, {"B", {4}}}, {{"P", {5}}},
               {{"AREG", 0}, {"MREG", 0}, {"PREG", 0}});
    small.flip_flop("b_q", 5, 6);
    const Path path = timing_of(small).longest;
    EXPECT_EQ(path.ns, 512 + 1 + 128 + 1 + 8 + 2048);
    EXPECT_EQ(path.levels, 1);
    EXPECT_EQ(path.from, "ram.0.0");
}

TEST(Timing, ADistributedRamReadsTowardsItsOwnPortOnly) {
    SmallNetlist small;
    small.flip_flop("a_q", 90, 3);
    small.cell("ram.0.0", "RAM32M", {{"WCLK", {2}}, {"ADDRA", {3}}, {"ADDRD", {4}}},
               {{"DOA", {5}}, {"DOD", {6}}});
    small.port("a_o", "output", {5}).port("d_o", "output", {6});
    const BlockTiming timing = timing_of(small);
    EXPECT_EQ(timing.launch.at("a_o[0]").ns, 256);  // written and read at once: longer than the read alone
    EXPECT_EQ(timing.launch.at("d_o[0]").ns, 256);
    small.flip_flop("b_q", 5, 7);
    EXPECT_EQ(timing_of(small).longest.ns, 256 + 1 + 8 + 2048);
}

TEST(Timing, PortsTellWhatLiesBehindThem) {
    SmallNetlist small;
    small.port("x_i", "input", {3, 4}).port("y_o", "output", {5, 8});
    small.lut("through", {3}, 5);                                     // x[0] to y[0]
    small.lut("in", {4}, 6).flip_flop("q", 6, 7).lut("out", {7}, 8);  // x[1] to q to y[1]
    const BlockTiming timing = timing_of(small);
    ASSERT_EQ(timing.through.size(), 1U);
    EXPECT_EQ(timing.through[0].input, "x_i[0]");
    EXPECT_EQ(timing.through[0].output, "y_o[0]");
    EXPECT_EQ(timing.through[0].ns, 1 + 2);
    EXPECT_EQ(timing.setup.size(), 1U);
    EXPECT_EQ(timing.setup.at("x_i[1]").ns, 1 + 2 + 8);
    EXPECT_EQ(timing.setup.at("x_i[1]").end, "q");
    EXPECT_EQ(timing.launch.size(), 1U);
    EXPECT_EQ(timing.launch.at("y_o[1]").ns, 4 + 1 + 2);
    const BlockTiming again = timing_from_json(to_json(timing));
    EXPECT_EQ(to_json(again), to_json(timing));
}

// Two copies of the block above in a row: the path through both is that of the flat netlist.
TEST(Timing, PathsRunThroughBlocksAsIfTheyWereFlat) {
    SmallNetlist inner;
    inner.port("x_i", "input", {3, 4}).port("y_o", "output", {5, 8});
    inner.lut("through", {3}, 5).lut("in", {4}, 6).flip_flop("q", 6, 7).lut("out", {7}, 8);
    const BlockTiming block = timing_of(inner);
    SmallNetlist outer;
    outer.block("inner", "inner", "1");
    outer.cell("first", "inner", {{"x_i", {"0", 20}}}, {{"y_o", {21, 10}}});
    outer.cell("second", "inner", {{"x_i", {10, 11}}}, {{"y_o", {11, 22}}});
    const Path path = timing_of(outer, {{"inner", &block}}).longest;
    // first.q, its LUT, through second's LUT, back into second's LUT and register
    EXPECT_EQ(path.ns, 4 + 3 + 3 + 3 + 8 + 2048);
    EXPECT_EQ(path.levels, 3);
    EXPECT_EQ(path.from, "first.q");
    EXPECT_EQ(path.to, "second.q");
}

TEST(Timing, ACombinationalLoopIsAnError) {
    SmallNetlist small;
    small.name("tangled", {4}).lut("one", {3}, 4).lut("two", {4}, 3);
    EXPECT_THROW((void)timing_of(small), InputError);
}

TEST(Timing, WhatIsNoNetlistIsAnError) {
    EXPECT_THROW((void)parse_netlist(nlohmann::json::object(), "small", "small.json"), InputError);
    EXPECT_THROW(
        (void)parse_netlist({{"modules", {{"small", {{"attributes", {{"top", "1"}}}, {"ports", 1}}}}}},
                            "small", "small.json"),
        InputError);
}

}  // namespace
}  // namespace satsim::synth
