// Memory::read_paced against one read a burst of a second memory, requested as a literal reader would: the
// same lines at the same time, the same late ones, and the same state behind them.
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

// The reader of the definition: when every line is taken, remembered one by one.
class LiteralReader {
  public:
    explicit LiteralReader(const PacedReader& reader)
        : reader_(reader), dues_(reader.dues.begin(), reader.dues.begin() + known(reader)) {}
    [[nodiscard]] Cycles request(std::int64_t last) const {
        const std::int64_t before = last - reader_.room;
        return std::max(reader_.from + last, due(before) + before + 2);
    }
    // Whether the line came late.
    bool arrives(std::int64_t line, Cycles at) {
        if (at <= dues_.back().by + line) return false;
        dues_.push_back({line, at - line});
        return true;
    }
    [[nodiscard]] const std::vector<PacedReader::Due>& dues() const { return dues_; }
    [[nodiscard]] static std::ptrdiff_t known(const PacedReader& reader) {
        return static_cast<std::ptrdiff_t>(reader.dues_known);
    }

  private:
    [[nodiscard]] Cycles due(std::int64_t line) const {
        Cycles by = dues_.front().by;
        for (const PacedReader::Due& each : dues_)
            if (each.line <= line) by = each.by;
        return by;
    }
    const PacedReader& reader_;
    std::vector<PacedReader::Due> dues_;
};

// Some dues of lines before the first, so that requests are held up or not.
void randomize_dues(Random& random, PacedReader& reader, std::vector<PacedReader::Due>& dues,
                    std::int64_t longest) {
    reader.room = longest + pick(random, 0, 80);
    Cycles by =
        reader.from + (pick(random, 0, 1) == 0 ? pick(random, 0, 80) : reader.room + pick(random, -9, 9));
    dues.assign(1, {-1000, by});
    for (std::int64_t line = -reader.room; pick(random, 0, 2) > 0 && line <= 0; line += pick(random, 1, 20))
        dues.push_back({line, by += pick(random, 1, 12)});
    reader.dues_known = dues.size();
    dues.resize(dues.size() + static_cast<std::size_t>(pick(random, 0, 2) == 0 ? pick(random, 1, 4) : 400));
    reader.dues = dues;
}

TEST(PacedReads, AreTheReadsThatTheyStandFor) {
    Random random(20261127);
    std::int64_t paced = 0;
    std::int64_t late = 0;
    std::int64_t held_up = 0;
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

        PacedReader reader;
        reader.run = random_run(random, line_bytes);
        reader.from = now + pick(random, 0, 40) - 20;
        std::vector<PacedReader::Due> dues;
        randomize_dues(random, reader, dues, longest.value());
        const Cycles end = pick(random, 0, 1) == 0 ? reader.from + pick(random, 1, 300) : Cycles{1} << 60;
        const std::int64_t most = pick(random, 0, 1) == 0 ? pick(random, 1, 200) : std::int64_t{1} << 60;
        StridedRun run = reader.run;
        LiteralReader expected(reader);
        const std::int64_t lines = memory.read_paced(reader, end, most, bytes, longest);
        if (!memory.paces(longest)) {
            ASSERT_EQ(lines, 0);
            ++refused;
        }

        Cycles last = 0;
        for (std::int64_t read = 0; read < lines;) {
            ASSERT_GT(run.positions, 0);
            ASSERT_LT(read, most);
            const int burst = run.burst(longest);
            last = expected.request(read + burst);
            held_up += last > reader.from + read + burst ? 1 : 0;
            ASSERT_LT(last, end);
            std::vector<Cycles> arrival(static_cast<std::size_t>(burst));
            literal.read(last, run.line, arrival);
            run.pass(burst, bytes);
            for (const Cycles there : arrival) late += expected.arrives(++read, there) ? 1 : 0;
        }
        ASSERT_EQ(expected.dues().size(), reader.dues_known);
        for (std::size_t i = 0; i < reader.dues_known; ++i) {
            EXPECT_EQ(expected.dues()[i].line, dues[i].line);
            EXPECT_EQ(expected.dues()[i].by, dues[i].by);
        }
        EXPECT_EQ(reader.last_request, last);
        EXPECT_EQ(run.positions, reader.run.positions);
        if (run.positions > 0) {
            EXPECT_EQ(run.address, reader.run.address);
            EXPECT_EQ(run.line, reader.run.line);
            EXPECT_EQ(run.last_line, reader.run.last_line);
        }
        EXPECT_EQ(memory.counters(now).activates, literal.counters(now).activates);
        EXPECT_EQ(memory.counters(now).read_lines, literal.counters(now).read_lines);
        now = std::max(now, last);
        for (int i = 0; i < 4; ++i) disturb(random, memory, literal, now);
        ASSERT_FALSE(HasFailure());
        paced += lines;
        full += reader.dues_known == dues.size() ? 1 : 0;
    }
    std::printf("%ld lines, %ld late ones, %ld requests put off\n", static_cast<long>(paced),
                static_cast<long>(late), static_cast<long>(held_up));
    EXPECT_GE(paced, 200000);
    EXPECT_GE(late, 1000);
    EXPECT_GE(held_up, 1000);
    EXPECT_GE(full, 10);
    EXPECT_GE(refused, 1000);
}

}  // namespace
}  // namespace satsim::dram
