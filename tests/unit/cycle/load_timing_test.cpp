// LoadTiming against the literal, cycle-by-cycle reading of contract.md §4.
#include "sim/cycle/load_timing.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cycle/literal_load.hpp"
#include "tests/unit/cycle/random_memory.hpp"

namespace satsim::cycle {
namespace {

LoadOperation random_operation(Random& random, const isa::ArrayConfig& config) {
    LoadOperation op;
    const std::int64_t lb = config.line_bytes();
    switch (pick(random, 0, 4)) {
        case 0:
            op.len = 8;
            break;
        case 1:
            op.len = 8 * pick(random, 1, 2 * config.line_words());
            break;
        case 2:
            op.len = lb * pick(random, 1, 5);
            break;
        case 3:
            op.len = lb / 2;
            break;
        default:
            op.len = 8 * pick(random, 1, 5);
            break;
    }
    op.base = 8 * pick(random, 0, 4096) + (pick(random, 0, 1) == 0 ? lb * 1000 : 0);
    op.px = pick(random, 0, 3) == 0 ? 8 * pick(random, 0, 60) : op.len;
    if (pick(random, 0, 2) == 0) op.base += op.base % lb == 0 ? 0 : lb - op.base % lb;
    op.grid = {pick(random, 1, 12), pick(random, 1, 6)};
    op.sx = pick(random, 1, 2);
    op.sy = pick(random, 1, 2);
    op.ox = pick(random, -3, 2);
    op.oy = pick(random, -3, 2);
    op.in_w = pick(random, 1, 14);
    op.in_h = pick(random, 1, 8);
    op.py = pick(random, 0, 1) == 0 ? op.px * op.in_w : 8 * pick(random, 0, 400);
    op.pb = op.py * op.in_h;
    op.seek = pick(random, 0, 1) == 0;
    op.advance = pick(random, 0, 1) == 0;
    op.seek_to = {pick(random, 0, 1), pick(random, 0, op.grid.h - 1), pick(random, 0, op.grid.w - 1)};
    op.count = pick(random, 0, 3) == 0 ? pick(random, 1, 3) : pick(random, 1, 60);
    if (pick(random, 0, 9) == 0) op.ox = 100;  // nothing but zeros
    return op;
}

struct Outcome {
    std::vector<Cycles> ready;  // first cycle in which each operation could have been dispatched
    std::vector<literal::Address> addresses;
    std::vector<Cycles> ends;
    bool operator==(const Outcome&) const = default;
};

// delays[i]: cycles between readiness and dispatch of operation i.
Outcome run_literal(const isa::ArrayConfig& config, const dram::MemoryConfig& memory_config,
                    const std::vector<LoadOperation>& ops, const std::vector<Cycles>& delays) {
    const auto memory = dram::make_memory(memory_config);
    literal::Load load(config, *memory);
    Outcome outcome;
    std::size_t next = 0;
    Cycles dispatch = -1;
    for (Cycles t = 0; next < ops.size() || !load.idle(); ++t) {
        if (t > 2000000) throw std::runtime_error("LOAD hangs");
        if (next < ops.size() && load.ready && dispatch < 0) {
            outcome.ready.push_back(t);
            dispatch = t + delays[next];
        }
        if (t == dispatch) {
            load.dispatch(t, ops[next++]);
            dispatch = -1;
        }
        load.cycle(t);
    }
    outcome.addresses = load.addresses;
    outcome.ends = load.ends;
    return outcome;
}

Outcome run_recurrence(const isa::ArrayConfig& config, const dram::MemoryConfig& memory_config,
                       const std::vector<LoadOperation>& ops, const std::vector<Cycles>& delays) {
    const auto memory = dram::make_memory(memory_config);
    LoadTiming load(config);
    Outcome outcome;
    const auto serve = [&] {
        const BurstRequest request = load.request();
        outcome.addresses.push_back({request.at, request.line, request.lines});
        memory->read(request.at, request.line, load.arrivals());
        load.accept();
    };
    for (std::size_t i = 0; i < ops.size(); ++i) {
        // Reads that are due before the next dispatch are made before it, the others after it.
        while (load.ready() == kUnknown) serve();
        const Cycles ready = std::max<Cycles>(load.ready(), 0);
        outcome.ready.push_back(ready);
        const Cycles dispatch = ready + delays[i];
        while (load.requesting() && load.request().at < dispatch) serve();
        load.dispatch(dispatch, ops[i]);
    }
    while (load.requesting()) serve();
    while (load.has_end()) outcome.ends.push_back(load.take_end());
    return outcome;
}

TEST(LoadTiming, EqualsTheLiteralReadingInEveryCycle) {
    Random random(20260801);
    int operations = 0;
    for (int trial = 0; trial < 4000; ++trial) {
        const isa::ArrayConfig config = random_sizes(random);
        const dram::MemoryConfig memory = random_memory(random, config.channels);
        std::vector<LoadOperation> ops;
        std::vector<Cycles> delays;
        for (std::int64_t n = pick(random, 1, 8); n > 0; --n, ++operations) {
            ops.push_back(random_operation(random, config));
            delays.push_back(pick(random, 0, 2) == 0 ? pick(random, 0, 80) : 0);
        }
        const Outcome expected = run_literal(config, memory, ops, delays);
        const Outcome actual = run_recurrence(config, memory, ops, delays);
        ASSERT_EQ(expected.ready, actual.ready) << "trial " << trial;
        ASSERT_TRUE(expected.addresses == actual.addresses) << "trial " << trial;
        ASSERT_EQ(expected.ends, actual.ends) << "trial " << trial;
    }
    EXPECT_GE(operations, 10000);
}

// A row of zeros longer than the piece FIFO behind a data piece: without the PF/2 rule the generator would
// hang.
TEST(LoadTiming, PaddingAfterDataDoesNotHang) {
    isa::ArrayConfig config;
    LoadOperation op;
    op.len = op.px = 256;
    op.py = 256 * 8;
    op.grid = {8, 64};
    op.in_w = 8;
    op.in_h = 1;
    op.count = 512;
    const Outcome expected = run_literal(config, {}, {op}, {0});
    EXPECT_TRUE(expected == run_recurrence(config, {}, {op}, {0}));
    EXPECT_EQ(expected.addresses.size(), 1U);
    EXPECT_EQ(expected.addresses.front().lines, 8);
}

// Kernel rows of one and a half lines, a column apart: each line is requested once.
TEST(LoadTiming, OverlappingRowsReadEachLineOnce) {
    isa::ArrayConfig config;
    LoadOperation op;
    op.len = 384;
    op.px = 128;
    op.grid = {64, 1};
    op.in_w = 64;
    op.count = 64;
    const Outcome expected = run_literal(config, {}, {op}, {0});
    EXPECT_TRUE(expected == run_recurrence(config, {}, {op}, {0}));
    std::int64_t lines = 0;
    for (const literal::Address& burst : expected.addresses) lines += burst.lines;
    EXPECT_EQ(lines, (63 * 128 + 384) / config.line_bytes());
}

// A burst ends with its PF/2-th piece; what follows from its last lines needs no other one.
TEST(LoadTiming, LinesStayKeptWhenTheirBurstIsClosed) {
    isa::ArrayConfig config;
    LoadOperation op;
    op.len = 2 * config.line_bytes();
    op.px = 0;
    op.grid = {1000, 1};
    op.in_w = 1000;
    op.count = 1000;
    const Outcome expected = run_literal(config, {}, {op}, {0});
    EXPECT_TRUE(expected == run_recurrence(config, {}, {op}, {0}));
    EXPECT_EQ(expected.addresses.size(), 1U);
    EXPECT_EQ(expected.addresses.front().lines, 2);
}

TEST(LoadTiming, RefusesFifosThatCannotHoldABurst) {
    isa::ArrayConfig config;
    config.line_fifo = config.burst_lines - 1;
    EXPECT_THROW(LoadTiming{config}, std::invalid_argument);
}

}  // namespace
}  // namespace satsim::cycle
