// DDR4 timing in cases computed by hand from docs/architecture/memory.md.
// Defaults: cl 3, rcd 3, rp 3, ras 7, wr 3, wtr 2, rtw 2, refi 1560, rfc 70, ctrl 8, phy 8; read latency cl +
// phy = 11.
#include "sim/dram/ddr4_memory.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace satsim::dram {
namespace {

std::vector<Cycles> read(Memory& memory, Cycles now, std::int64_t line, std::size_t lines) {
    std::vector<Cycles> arrival(lines);
    memory.read(now, line, arrival);
    return arrival;
}

struct Written {
    std::vector<Cycles> accepted;
    Cycles response;
};
Written write(Memory& memory, Cycles now, std::int64_t line, std::size_t lines) {
    Written result{std::vector<Cycles>(lines), 0};
    result.response = memory.write(now, line, result.accepted);
    return result;
}

using Arrivals = std::vector<Cycles>;

TEST(Ddr4Memory, MapsLinesToBanksWithAHash) {
    EXPECT_EQ(bank_address(0).bank, 0);
    EXPECT_EQ(bank_address(127).bank, 0);
    EXPECT_EQ(bank_address(128).bank, 1);
    EXPECT_EQ(bank_address(2047).bank, 15);
    EXPECT_EQ(bank_address(2048).bank, 1);  // row 1: bank bits 0 XOR row bits 1
    EXPECT_EQ(bank_address(2048).row, 1);
    EXPECT_EQ(bank_address(2048 + 128).bank, 0);
    EXPECT_EQ(bank_address(16 * 2048).bank, 0);  // row bits 16..13 of the hash are the row's low four
    EXPECT_EQ(bank_address(16 * 2048).row, 16);
}

TEST(Ddr4Memory, ClosedBankThenRowHits) {
    Ddr4Memory memory({});
    // Closed: ready = 100 + 8 + 3 = 111, at the port 11 later; the others follow one a cycle.
    EXPECT_EQ(read(memory, 100, 0, 4), (Arrivals{122, 123, 124, 125}));
    // Hit: ready = 200 + 8.
    EXPECT_EQ(read(memory, 200, 4, 2), (Arrivals{219, 220}));
    EXPECT_EQ(memory.counters(300).activates, 1);
    EXPECT_EQ(memory.counters(300).read_lines, 6);
}

TEST(Ddr4Memory, RowConflictWaitsForRasThenPrechargesAndActivates) {
    Ddr4Memory memory({});
    (void)read(memory, 0, 0, 1);  // row 0 of bank 0, activated in 8
    // Line 2176 is row 1 of bank 0. max(1 + 8, 8 + 7) + 3 + 3 = 21.
    EXPECT_EQ(read(memory, 1, 2176, 1), (Arrivals{32}));
    // Long after: 100 + 8 + 6 = 114.
    EXPECT_EQ(read(memory, 100, 0, 1), (Arrivals{125}));
    EXPECT_EQ(memory.counters(200).activates, 3);
}

TEST(Ddr4Memory, BurstOverARowBoundaryOpensTheNextBank) {
    Ddr4Memory memory({});
    // Line 127 in bank 0, 128 in bank 1: both are activated at once, so the bus does not wait.
    EXPECT_EQ(read(memory, 0, 126, 4), (Arrivals{22, 23, 24, 25}));
    EXPECT_EQ(memory.counters(100).activates, 2);
}

TEST(Ddr4Memory, TurnaroundBetweenReadsAndWrites) {
    Ddr4Memory memory({});
    EXPECT_EQ(read(memory, 0, 0, 8).back(), 11 + 7 + 11);  // slots 11..18
    // Write handshakes in 6 and 7: ready 14 and 15, but the bus turns: 18 + 1 + 2 = 21, 22.
    const Written written = write(memory, 5, 8, 2);
    EXPECT_EQ(written.accepted, (Arrivals{6, 7}));
    EXPECT_EQ(written.response, 22 + 3 + 8);
    // Back to reading: 22 + 1 + 2 = 25.
    EXPECT_EQ(read(memory, 10, 16, 1), (Arrivals{25 + 11}));
    EXPECT_EQ(memory.counters(100).write_lines, 2);
}

TEST(Ddr4Memory, WriteResponseFollowsTheLastBeat) {
    Ddr4Memory memory({});
    // Handshakes 1..4; first slot 1 + 8 + 3 = 12, last 15.
    EXPECT_EQ(write(memory, 0, 0, 4).response, 15 + 3 + 8);
}

TEST(Ddr4Memory, RefreshMovesABeatToItsEndAndClosesTheRows) {
    Ddr4Memory memory({});
    (void)read(memory, 1500, 0, 1);
    // Slots 1558, 1559, then refresh in [1560, 1630): closed until 1630, activated, slot 1633.
    EXPECT_EQ(read(memory, 1550, 1, 4), (Arrivals{1569, 1570, 1644, 1645}));
    EXPECT_EQ(memory.counters(1559).refreshes, 0);
    EXPECT_EQ(memory.counters(1560).refreshes, 1);
    EXPECT_EQ(memory.counters(1700).activates, 2);
}

TEST(Ddr4Memory, RefreshesInIdleTimeCloseTheRows) {
    Ddr4Memory memory({});
    (void)read(memory, 0, 0, 1);
    // 100 refreshes later the bank is closed and free: 156500 + 8 + 3; row 1 of bank 0 costs no precharge.
    EXPECT_EQ(read(memory, 156500, 2176, 1), (Arrivals{156511 + 11}));
    EXPECT_EQ(memory.counters(156511).refreshes, 100);
}

TEST(Ddr4Memory, RefreshBeforeAConflictSavesThePrecharge) {
    Ddr4Memory memory({});
    (void)read(memory, 1500, 0, 1);
    // Seen in 1558; a conflict would take the slot 1564. The refresh closes the bank first: 1630 + 3.
    EXPECT_EQ(read(memory, 1550, 2176, 1), (Arrivals{1633 + 11}));
    // Seen in 3118 with row 0 wanted: slot 3124 is in refresh 2 (3120..3189): 3190 + 3.
    EXPECT_EQ(read(memory, 3110, 0, 1), (Arrivals{3193 + 11}));
}

TEST(Ddr4Memory, ResetForgetsEverything) {
    Ddr4Memory memory({});
    const Arrivals first = read(memory, 1550, 0, 16);
    (void)write(memory, 1600, 5000, 3);
    memory.reset();
    EXPECT_EQ(read(memory, 1550, 0, 16), first);
    EXPECT_EQ(memory.counters(0).write_lines, 0);
}

}  // namespace
}  // namespace satsim::dram
