// Memory::read_paced against one read a burst of a second memory: the same lines at the same time, as many
// late ones as the reader allows, and the same state behind them.
#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <vector>

#include "sim/dram/ddr4_memory.hpp"

namespace satsim::dram {
namespace {

using Random = std::mt19937_64;
std::int64_t pick(Random& random, std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

// Pitches within a row, of a row, in the same bank, of whole lines and not; also one long position.
StridedRun random_run(Random& random, std::int64_t line_bytes) {
    StridedRun run;
    run.address = 8 * pick(random, 0, 100000);
    run.positions = pick(random, 1, 200);
    run.span = 8 * pick(random, 0, 3 * line_bytes / 8);
    switch (pick(random, 0, 4)) {
        case 0:
            run.step = line_bytes * pick(random, 4, 40);
            break;
        case 1:
            run.step = line_bytes * kLinesPerRow * pick(random, 1, 3);
            break;
        case 2:
            run.step = line_bytes * kBankPeriodLines;
            break;
        case 3:
            run.step = 8 * pick(random, 160, 40000);
            break;
        default:
            run.positions = 1;
            run.span = line_bytes * pick(random, 20, 300) - 8;
            break;
    }
    run.begin_position(Divisor(line_bytes));
    return run;
}

void disturb(Random& random, Memory& one, Memory& other, Cycles& now) {
    const std::int64_t line = pick(random, 0, 100000);
    const auto lines = static_cast<std::size_t>(pick(random, 1, 16));
    std::vector<Cycles> first(lines);
    std::vector<Cycles> second(lines);
    now += pick(random, 0, 30);
    if (pick(random, 0, 2) == 0) {
        EXPECT_EQ(one.write(now, line, first), other.write(now, line, second));
    } else {
        one.read(now, line, first);
        other.read(now, line, second);
    }
    EXPECT_EQ(first, second);
    now = std::max(now, first.back());
}

TEST(PacedReads, AreTheReadsThatTheyStandFor) {
    Random random(20261127);
    std::int64_t paced = 0;
    std::int64_t late = 0;
    std::int64_t full = 0;
    std::int64_t refused = 0;
    for (int trial = 0; trial < 20000; ++trial) {
        SCOPED_TRACE("trial " + std::to_string(trial));
        MemoryConfig config;
        if (pick(random, 0, 19) == 0) config.stall_seed = random();
        if (pick(random, 0, 1) == 0) config.ddr4.refi = static_cast<int>(pick(random, 100, 400));
        Ddr4Memory memory(config);
        Ddr4Memory literal(config);
        const std::int64_t line_bytes = 64 * pick(random, 1, 4);
        const Divisor bytes(line_bytes);
        const Divisor longest(pick(random, 0, 9) == 0 ? pick(random, 1, 256)
                                                      : std::int64_t{1} << pick(random, 0, 7));
        Cycles now = 0;
        for (std::int64_t i = pick(random, 0, 4); i > 0; --i) disturb(random, memory, literal, now);

        PacedReads reads{};
        reads.run = random_run(random, line_bytes);
        reads.from = now + pick(random, 0, 40) - 20;
        reads.due = reads.from + pick(random, 0, 80);
        reads.end = pick(random, 0, 1) == 0 ? reads.from + pick(random, 1, 300) : Cycles{1} << 60;
        reads.most = pick(random, 0, 1) == 0 ? pick(random, 1, 200) : std::int64_t{1} << 60;
        reads.leeway = pick(random, 0, 2) == 0 ? 0 : pick(random, 0, pick(random, 0, 1) == 0 ? 60 : 1000);
        StridedRun run = reads.run;
        const PacedReads asked = reads;
        const std::int64_t lines = memory.read_paced(reads, bytes, longest);
        if (!memory.paces(longest)) {
            ASSERT_EQ(lines, 0);
            ++refused;
        }

        Cycles back = 0;  // how far late lines have put the reader back
        std::size_t lates = 0;
        for (std::int64_t read = 0; read < lines;) {
            ASSERT_GT(run.positions, 0);
            ASSERT_LT(read, asked.most);
            ASSERT_LE(back, asked.leeway);
            ASSERT_LT(lates, PacedReads::kMostLate);
            const int burst = run.burst(longest);
            const Cycles at = asked.from + read + burst;
            ASSERT_LT(at, asked.end);
            std::vector<Cycles> arrival(static_cast<std::size_t>(burst));
            literal.read(at, run.line, arrival);
            run.pass(burst, bytes);
            const std::int64_t before = read;
            Cycles behind = 0;
            for (const Cycles there : arrival) behind = std::max(behind, there - (asked.due + back + ++read));
            if (behind == 0) continue;
            back += behind;
            ASSERT_LT(lates, reads.lates);
            EXPECT_EQ(reads.late[lates].line, before);
            EXPECT_EQ(reads.late[lates].by, behind);
            ++lates;
        }
        EXPECT_EQ(lates, reads.lates);
        EXPECT_EQ(run.positions, reads.run.positions);
        EXPECT_EQ(run.line, reads.run.line);
        EXPECT_EQ(run.last_line, reads.run.last_line);
        EXPECT_EQ(memory.counters(now).activates, literal.counters(now).activates);
        EXPECT_EQ(memory.counters(now).read_lines, literal.counters(now).read_lines);
        now = std::max(now, asked.from + lines);
        for (int i = 0; i < 4; ++i) disturb(random, memory, literal, now);
        ASSERT_FALSE(HasFailure());
        paced += lines;
        late += static_cast<std::int64_t>(lates);
        full += lates == PacedReads::kMostLate ? 1 : 0;
    }
    std::printf("%ld lines, %ld late bursts\n", static_cast<long>(paced), static_cast<long>(late));
    EXPECT_GE(paced, 200000);
    EXPECT_GE(late, 1000);
    EXPECT_GE(full, 10);
    EXPECT_GE(refused, 1000);
}

}  // namespace
}  // namespace satsim::dram
