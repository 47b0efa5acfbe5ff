// The counting rules, and what is said about memories.
#include <gtest/gtest.h>

#include "runtime/support/error.hpp"
#include "runtime/synth/lut_pairs.hpp"
#include "runtime/synth/memory_map.hpp"
#include "runtime/synth/resources.hpp"
#include "tests/unit/synth/small_netlist.hpp"

namespace satsim::synth {
namespace {

TEST(Counting, EveryKindOfCell) {
    EXPECT_EQ(resources_of("LUT1"), (Resources{.lut = 1}));
    EXPECT_EQ(resources_of("LUT6"), (Resources{.lut = 1}));
    EXPECT_EQ(resources_of("SRL16E"), (Resources{.lut = 1}));
    EXPECT_EQ(resources_of("SRLC32E"), (Resources{.lut = 1}));
    EXPECT_EQ(resources_of("RAM32M"), (Resources{.lut = 4}));
    EXPECT_EQ(resources_of("RAM32M16"), (Resources{.lut = 8}));
    EXPECT_EQ(resources_of("RAM64M8"), (Resources{.lut = 8}));
    EXPECT_EQ(resources_of("RAM64X1D"), (Resources{.lut = 2}));
    EXPECT_EQ(resources_of("FDRE"), (Resources{.ff = 1}));
    EXPECT_EQ(resources_of("FDSE"), (Resources{.ff = 1}));
    EXPECT_EQ(resources_of("DSP48E2"), (Resources{.dsp = 1}));
    EXPECT_EQ(resources_of("RAMB18E2"), (Resources{.bram18 = 1}));
    EXPECT_EQ(resources_of("RAMB36E2"), (Resources{.bram18 = 2}));
    EXPECT_EQ(resources_of("URAM288"), (Resources{.uram = 1}));
    for (const char* free : {"CARRY4", "MUXF7", "INV", "GND", "VCC"})
        EXPECT_EQ(resources_of(free), Resources{});
}

TEST(Counting, ARamOfFewBitsIsTheSmallerOne) {
    const auto luts = [](const char* type, int used) {
        SmallNetlist small;
        std::vector<std::pair<std::string, SmallNetlist::Bits>> pins;
        for (const char* pin : {"DIA", "DIB", "DIC", "DID", "DIE", "DIF", "DIG"}) {
            SmallNetlist::Bits bits{"x", "x"};
            if (static_cast<int>(pins.size()) < used) bits.front() = 10 + static_cast<int>(pins.size());
            pins.emplace_back(pin, bits);
        }
        pins.push_back({"DIH", {40}});  // its address is the one that is written
        small.cell("ram", type, pins, {{"DOA", {50}}});
        return count(small.parse()).lut;
    };
    for (const char* type : {"RAM32M16", "RAM64M8"}) {
        EXPECT_EQ(luts(type, 1), 4) << type;
        EXPECT_EQ(luts(type, 3), 4) << type;
        EXPECT_EQ(luts(type, 4), 8) << type;
        EXPECT_EQ(luts(type, 7), 8) << type;
    }
}

TEST(Counting, OperandsOfCarryChainsThatComeFromNoLutAreWires) {
    SmallNetlist small;
    small.lut("a", {3, 4}, 10).flip_flop("q", 5, 11);
    small.cell("sum", "CARRY4", {{"S", {10, 11, 12, "0"}}, {"DI", {3, 4, 11, 12}}, {"CI", {"0"}}},
               {{"O", {20, 21, 22, 23}}});
    const Netlist netlist = small.parse();
    EXPECT_EQ(lut_wires(netlist), 2);  // a register's output and a port's, not the constant
    EXPECT_EQ(count(netlist).lut, 1);
    EXPECT_EQ(count(netlist).wires, 2);
    EXPECT_EQ(count(netlist).with_wires(), (Resources{.lut = 3, .ff = 1}));
}

TEST(Counting, AnUnknownCellIsAnErrorThatNamesIt) {
    for (const char* unknown : {"LUT7", "LUT6_2", "RAMB4_S1", "LDCE", "fp32_add", "$add"}) {
        try {
            (void)resources_of(unknown);
            ADD_FAILURE() << unknown;
        } catch (const InputError& error) {
            EXPECT_NE(std::string(error.what()).find(unknown), std::string::npos);
        }
    }
}

TEST(Counting, BlocksInsideCountAsNothing) {
    SmallNetlist small;
    small.lut("a", {3, 4}, 5).flip_flop("q", 5, 6);
    small.block("$paramod$1\\inner", "inner", "00000000000000000000000000000101");
    small.cell("unit", "$paramod$1\\inner", {{"x_i", {6}}}, {{"y_o", {7}}});
    const Netlist netlist = small.parse();
    EXPECT_EQ(count(netlist), (Resources{.lut = 1, .ff = 1}));
    ASSERT_EQ(netlist.blocks.size(), 1U);
    EXPECT_EQ(netlist.blocks.begin()->second.module, "inner");
    EXPECT_EQ(netlist.blocks.begin()->second.parameters.at("WIDTH"), "5");
}

TEST(Counting, TwoSmallLutsThatShareAnInputAreOne) {
    SmallNetlist small;
    small.lut("a", {3, 4, 5}, 10).lut("b", {5, 6, 7}, 11);            // five inputs together
    small.lut("c", {12, 13, 14}, 20).lut("d", {15, 16}, 21);          // nothing in common
    small.lut("e", {22, 23, 24}, 30).lut("f", {24, 25, 26, 27}, 31);  // six together
    small.lut("g", {32, 33, 34, 35, 36, 37}, 40).lut("h", {32}, 41);  // too large
    EXPECT_EQ(lut_pairs(small.parse()), 1);
    small.lut("i", {42, 43, 44}, 50).lut("k", {42, 43, 44}, 51).lut("l", {42, 43}, 52);  // one pair of three
    EXPECT_EQ(lut_pairs(small.parse()), 2);
}

TEST(Counting, LutsOfACarryChainPairWithinTheirBit) {
    SmallNetlist small;
    small.lut("s", {3, 4}, 10).lut("d", {3}, 11).lut("other", {3, 4}, 12);
    small.cell("carry", "CARRY4",
               {{"CI", {"0"}}, {"CYINIT", {"0"}}, {"S", {10, "0", "0", "0"}}, {"DI", {11, "0", "0", "0"}}},
               {{"O", {20, 21, 22, 23}}, {"CO", {24, 25, 26, 27}}});
    EXPECT_EQ(lut_pairs(small.parse()), 1);
    small.lut("reader", {11, 30, 31, 32, 33, 34}, 40);  // what DI gets is needed elsewhere
    EXPECT_EQ(lut_pairs(small.parse()), 0);
}

TEST(Counting, SumsAndShares) {
    Resources sum{.lut = 1, .ff = 2, .dsp = 3, .bram18 = 5, .uram = 4, .wires = 6};
    sum += sum.times(2);
    EXPECT_EQ(sum, (Resources{3, 6, 9, 15, 12, 18}));
    EXPECT_EQ(sum.bram36(), 7.5);
    EXPECT_EQ(utilization({.lut = 50, .ff = 10}, {.lut = 100, .ff = 100}), 0.5);
    EXPECT_EQ(utilization({}, {}), 0);
    EXPECT_GT(utilization({.uram = 1}, {.lut = 100}), 1e9);
    EXPECT_EQ(utilization({.lut = 50, .wires = 40}, {.lut = 100}), 0.5);
    EXPECT_EQ(utilization(Resources{.lut = 50, .wires = 40}.with_wires(), {.lut = 100}), 0.9);
}

class Memories : public ::testing::Test {
  protected:
    std::vector<MemoryUse> map(const std::vector<Memory>& memories) {
        Elaboration elaboration;
        elaboration.modules["top"] = {"top", {}, "", {}, {{"fifo", "queue"}, {"big", "kept"}}, memories};
        elaboration.modules["queue"] = {"queue", {}, "", {}, {}, {{"storage_q", 8, 16, "distributed"}}};
        elaboration.modules["kept"] = {"kept", {}, "", {}, {}, {{"hidden_q", 72, 4096, "ultra"}}};
        Plan plan;
        plan.blocks["kept"] = {};
        return map_memories(elaboration, "top", plan, netlist_.parse());
    }
    SmallNetlist netlist_;
};

TEST_F(Memories, AreFoundByTheirCellsNames) {
    netlist_.cell("fifo.storage_q.0.0", "RAM32M16", {}, {});
    for (const char* name :
         {"gen_lane[0].memory_q.0.0", "gen_lane[0].memory_q.1.0", "gen_lane[11].memory_q.0.0"})
        netlist_.cell(name, "RAMB36E2", {}, {});
    const auto uses =
        map({{"gen_lane[0].memory_q", 64, 512, "block"}, {"gen_lane[11].memory_q", 64, 512, "block"}});
    ASSERT_EQ(uses.size(), 2U);
    EXPECT_EQ(uses[0].name, "fifo.storage_q");
    EXPECT_EQ(uses[0].fault(), "");
    EXPECT_EQ(uses[1].name, "gen_lane[*].memory_q");
    EXPECT_EQ(uses[1].memories, 2);
    EXPECT_EQ(uses[1].cells.at("RAMB36E2"), 3);
    EXPECT_EQ(uses[1].fault(), "");
}

TEST_F(Memories, FaultsAreTold) {
    netlist_.cell("fifo.storage_q.0.0", "RAMB18E2", {}, {});
    netlist_.cell("small_q.0.0", "RAM32M", {}, {});
    const auto uses = map({{"lost_q", 64, 512, "block"}, {"silent_q", 64, 512, ""}, {"small_q", 4, 16, ""}});
    ASSERT_EQ(uses.size(), 4U);
    EXPECT_EQ(uses[0].fault(), "meant for distributed RAM, is in block RAM");
    EXPECT_EQ(uses[1].fault(), "meant for block RAM, is in registers or unused");
    EXPECT_EQ(uses[2].fault(), "says not what it is meant to be, is in registers or unused");
    EXPECT_EQ(uses[3].fault(), "");
}

}  // namespace
}  // namespace satsim::synth
