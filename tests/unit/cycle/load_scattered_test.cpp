// Many reads at a time (LoadTiming::read_paced) against the literal, cycle-by-cycle reading of contract.md
// §4: mostly positions of one burst each and long streams, which have a short cut (scattered_run.hpp).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "sim/cycle/load_timing.hpp"
#include "sim/dram/ddr4_memory.hpp"
#include "tests/unit/cycle/literal_load.hpp"
#include "tests/unit/cycle/random_memory.hpp"
#include "tests/unit/cycle/scattered_pitch.hpp"

namespace satsim::cycle {
namespace {

LoadOperation random_operation(Random& random, const isa::ArrayConfig& config) {
    LoadOperation op;
    const std::int64_t lb = config.line_bytes();
    switch (pick(random, 0, 3)) {
        case 0:
            op.len = 8;
            break;
        case 1:
            op.len = lb * pick(random, 1, 3);
            break;
        case 2:
            op.len = 8 * pick(random, 1, 4 * config.line_words());
            break;
        default:
            op.len = 8 * pick(random, 1, config.line_words());
            break;
    }
    const bool stream = pick(random, 0, 9) < (op.len % lb == 0 ? 3 : 1);
    op.px = stream ? op.len : scattered_pitch(random, config, op.len);
    op.sx = pick(random, 0, 5) == 0 ? 2 : 1;
    op.sy = pick(random, 1, 2);
    // Often where a line or a burst begins, or a word before that.
    op.base = 8 * pick(random, 0, 40000);
    const std::int64_t unit = pick(random, 0, 1) == 0 ? lb : lb * config.burst_lines;
    if (pick(random, 0, 1) == 0) op.base = unit * pick(random, 1, 50) - 8 * pick(random, 0, 1);
    op.grid = {pick(random, 0, 1) == 0 ? pick(random, 1, 12) : pick(random, 40, 200), pick(random, 1, 6)};
    op.in_w = pick(random, 0, 1) == 0 ? op.grid.w : pick(random, 1, 14);
    op.in_h = pick(random, 1, 8);
    op.ox = pick(random, 0, 1) == 0 ? 0 : pick(random, -3, 2);
    op.oy = pick(random, 0, 1) == 0 ? 0 : pick(random, -3, 2);
    op.py = pick(random, 0, 2) != 0 ? op.px * op.in_w : 8 * pick(random, 0, 400);
    op.pb = op.py * op.in_h;
    op.seek = pick(random, 0, 1) == 0;
    op.advance = pick(random, 0, 1) == 0;
    op.seek_to = {pick(random, 0, 1), pick(random, 0, op.grid.h - 1), pick(random, 0, op.grid.w - 1)};
    op.count = pick(random, 0, 3) == 0 ? pick(random, 1, 3) : pick(random, 1, 150);
    return op;
}

struct Case {
    isa::ArrayConfig config;
    dram::MemoryConfig memory;
    std::vector<LoadOperation> ops;
    std::vector<Cycles> delays;  // cycles between readiness and dispatch of each operation
};

// Single lines so far between that each is a step of its own to the writer, and its operation another, and
// then a run whose lines are late enough to look back to all of them.
Case slow_then_late(Random& random) {
    Case drawn;
    drawn.config.line_fifo = static_cast<int>(pick(random, 64, 128));
    drawn.config.piece_fifo = 2 * drawn.config.line_fifo;
    drawn.memory.channels = drawn.config.channels;
    LoadOperation op;
    op.grid = {200, 1};
    op.in_w = 200;
    op.in_h = 1;
    for (std::int64_t n = drawn.config.line_fifo - pick(random, 0, 12); n > 0; --n) {
        op.base = 8 * pick(random, 0, 40000);
        drawn.ops.push_back(op);
        drawn.delays.push_back(pick(random, 60, 90));
    }
    op.base = 0;
    op.px = dram::kBankPeriodLines * drawn.config.line_bytes();  // all in one bank
    op.count = 100;
    drawn.ops.push_back(op);
    drawn.delays.push_back(0);
    return drawn;
}

Case random_case(Random& random) {
    if (pick(random, 0, 199) == 0) return slow_then_late(random);
    Case drawn;
    drawn.config = random_sizes(random);
    if (pick(random, 0, 3) == 0) drawn.config = {};
    drawn.memory = random_memory(random, drawn.config.channels);
    for (std::int64_t n = pick(random, 1, 8); n > 0; --n) {
        drawn.ops.push_back(random_operation(random, drawn.config));
        drawn.delays.push_back(pick(random, 0, 2) == 0 ? pick(random, 0, 80) : 0);
    }
    return drawn;
}

struct Outcome {
    std::vector<Cycles> ready;  // first cycle in which each operation could have been dispatched
    std::vector<literal::Address> addresses;
    std::vector<Cycles> ends;
};

Outcome run_literal(const Case& drawn) {
    const auto memory = dram::make_memory(drawn.memory);
    literal::Load load(drawn.config, *memory);
    Outcome outcome;
    std::size_t next = 0;
    Cycles dispatch = -1;
    for (Cycles t = 0; next < drawn.ops.size() || !load.idle(); ++t) {
        if (t > 2000000) throw std::runtime_error("LOAD hangs");
        if (next < drawn.ops.size() && load.ready && dispatch < 0) {
            outcome.ready.push_back(t);
            dispatch = t + drawn.delays[next];
        }
        if (t == dispatch) {
            load.dispatch(t, drawn.ops[next++]);
            dispatch = -1;
        }
        load.cycle(t);
    }
    outcome.addresses = load.addresses;
    outcome.ends = load.ends;
    return outcome;
}

// LoadTiming that reads many at a time, beside one that reads burst by burst: they agree whenever the first
// has read, and no read of many but the last has told anything.
class Twins {
  public:
    Twins(const Case& drawn, Random& random)
        : random_(random), many_(drawn.config, drawn.memory), single_(drawn.config, drawn.memory) {}

    [[nodiscard]] const LoadTiming& load() const { return many_.load; }
    void dispatch(Cycles d, const LoadOperation& op) {
        many_.load.dispatch(d, op);
        single_.load.dispatch(d, op);
        compare();
    }
    // Reads that are due before `end`, sometimes fewer; at least one.
    void serve(Cycles end) {
        LoadTiming& load = many_.load;
        if (pick(random_, 0, 2) == 0) end = std::min(end, load.request().at + pick(random_, 1, 60));
        if (pick(random_, 0, 3) == 0) {
            many_.memory->read(load.request().at, load.request().line, load.arrivals());
            load.accept();
        } else {
            load.read_due(*many_.memory, end);
        }
        follow(end);
    }

    std::vector<literal::Address> addresses;
    std::vector<Cycles> ends;
    std::int64_t together = 0;  // bursts read many at a time

  private:
    struct One {
        One(const isa::ArrayConfig& config, const dram::MemoryConfig& memory_config)
            : memory(dram::make_memory(memory_config)), load(config) {}
        std::unique_ptr<dram::Memory> memory;
        LoadTiming load;
    };
    // The lines that the other has read.
    void follow(Cycles end) {
        const std::int64_t lines = many_.memory->counters(0).read_lines;
        const Cycles ready = single_.load.ready();
        std::int64_t bursts = 0;
        while (single_.memory->counters(0).read_lines < lines) {
            EXPECT_TRUE(single_.load.ready() == ready && !single_.load.has_end());
            const BurstRequest request = single_.load.request();
            EXPECT_TRUE(bursts == 0 || request.at < end);
            addresses.push_back({request.at, request.line, request.lines});
            single_.memory->read(request.at, request.line, single_.load.arrivals());
            single_.load.accept();
            ++bursts;
        }
        if (bursts > 1) together += bursts;
        EXPECT_EQ(single_.memory->counters(0).read_lines, lines);
        EXPECT_EQ(single_.memory->counters(0).activates, many_.memory->counters(0).activates);
        compare();
    }
    void compare() {
        EXPECT_EQ(many_.load.ready(), single_.load.ready());
        EXPECT_EQ(many_.load.requesting(), single_.load.requesting());
        std::vector<Cycles> others;
        const std::size_t before = ends.size();
        while (many_.load.has_end()) ends.push_back(many_.load.take_end());
        while (single_.load.has_end()) others.push_back(single_.load.take_end());
        EXPECT_TRUE(std::equal(ends.begin() + static_cast<std::ptrdiff_t>(before), ends.end(), others.begin(),
                               others.end()));
    }

    Random& random_;
    One many_;
    One single_;
};

TEST(LoadScattered, EqualsTheLiteralReadingInEveryCycle) {
    Random random(20261127);
    std::int64_t operations = 0;
    std::int64_t bursts = 0;
    std::int64_t together = 0;
    for (int trial = 0; trial < 12000; ++trial) {
        SCOPED_TRACE("trial " + std::to_string(trial));
        const Case drawn = random_case(random);
        const Outcome expected = run_literal(drawn);
        Twins twins(drawn, random);
        std::vector<Cycles> readies;
        for (std::size_t i = 0; i < drawn.ops.size(); ++i) {
            while (twins.load().ready() == kUnknown) twins.serve(kUnknown);
            const Cycles ready = std::max<Cycles>(twins.load().ready(), 0);
            readies.push_back(ready);
            const Cycles dispatch = ready + drawn.delays[i];
            while (twins.load().requesting() && twins.load().request().at < dispatch) twins.serve(dispatch);
            twins.dispatch(dispatch, drawn.ops[i]);
        }
        while (twins.load().requesting()) twins.serve(kUnknown);
        ASSERT_EQ(expected.ready, readies);
        ASSERT_TRUE(expected.addresses == twins.addresses);
        ASSERT_EQ(expected.ends, twins.ends);
        ASSERT_FALSE(HasFailure());
        operations += static_cast<std::int64_t>(drawn.ops.size());
        bursts += static_cast<std::int64_t>(expected.addresses.size());
        together += twins.together;
    }
    std::printf("%ld operations, %ld bursts, %ld of them many at a time\n", static_cast<long>(operations),
                static_cast<long>(bursts), static_cast<long>(together));
    EXPECT_GE(operations, 50000);
    EXPECT_GE(together, bursts / 20);
}

}  // namespace
}  // namespace satsim::cycle
