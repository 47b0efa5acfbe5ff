// StoreTiming against the literal, cycle-by-cycle reading of contract.md §7.
#include "sim/cycle/store_timing.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cycle/literal_store.hpp"
#include "tests/unit/cycle/random_memory.hpp"

namespace satsim::cycle {
namespace {

StoreOperation random_operation(Random& random, const isa::ArrayConfig& config) {
    StoreOperation op;
    const std::int64_t lb = config.line_bytes();
    op.source = static_cast<StoreSource>(pick(random, 0, 2));
    op.fp16 = pick(random, 0, 1) == 0;
    switch (pick(random, 0, 3)) {
        case 0:
            op.len = 8 * pick(random, 1, 4);
            break;
        case 1:
            op.len = 8 * pick(random, 1, 3 * config.line_words());
            break;
        case 2:
            op.len = lb * pick(random, 1, 4);
            break;
        default:
            op.len = lb / 2;
            break;
    }
    op.base = pick(random, 0, 1) == 0 ? 8 * pick(random, 0, 4096) : lb * pick(random, 0, 100);
    op.px = pick(random, 0, 3) == 0 ? 8 * pick(random, 0, 60) : op.len;
    op.grid = {pick(random, 1, 12), pick(random, 1, 6)};
    op.py = pick(random, 0, 1) == 0 ? op.px * op.grid.w : 8 * pick(random, 0, 400);
    op.pb = op.py * op.grid.h;
    op.seek = pick(random, 0, 1) == 0;
    op.advance = pick(random, 0, 1) == 0;
    op.seek_to = {pick(random, 0, 1), pick(random, 0, op.grid.h - 1), pick(random, 0, op.grid.w - 1)};
    op.count = pick(random, 0, 3) == 0 ? pick(random, 1, 3) : pick(random, 1, 60);
    return op;
}

struct Outcome {
    std::vector<Cycles> ready;
    std::vector<literal::Address> addresses;
    std::vector<Cycles> releases;
    std::vector<Cycles> ends;
};

Outcome run_literal(const isa::ArrayConfig& config, const dram::MemoryConfig& memory_config,
                    const std::vector<StoreOperation>& ops, const std::vector<Cycles>& delays) {
    const auto memory = dram::make_memory(memory_config);
    literal::Store store(config, *memory);
    Outcome outcome;
    std::size_t next = 0;
    Cycles dispatch = -1;
    for (Cycles t = 0; next < ops.size() || !store.idle(); ++t) {
        if (t > 2000000) throw std::runtime_error("STORE hangs");
        if (next < ops.size() && store.ready && dispatch < 0) {
            outcome.ready.push_back(t);
            dispatch = t + delays[next];
        }
        if (t == dispatch) {
            store.dispatch(t, ops[next++]);
            dispatch = -1;
        }
        store.cycle(t);
    }
    outcome.addresses = store.addresses;
    outcome.releases = store.releases;
    outcome.ends = store.ends;
    return outcome;
}

Outcome run_recurrence(const isa::ArrayConfig& config, const dram::MemoryConfig& memory_config,
                       const std::vector<StoreOperation>& ops, const std::vector<Cycles>& delays) {
    const auto memory = dram::make_memory(memory_config);
    StoreTiming store(config);
    Outcome outcome;
    const auto serve = [&] {
        const BurstRequest request = store.request();
        outcome.addresses.push_back({request.at, request.line, request.lines});
        store.accept(memory->write(request.at, request.line, store.handshakes()));
    };
    for (std::size_t i = 0; i < ops.size(); ++i) {
        while (store.ready() == kUnknown) serve();
        const Cycles ready = std::max<Cycles>(store.ready(), 0);
        outcome.ready.push_back(ready);
        const Cycles dispatch = ready + delays[i];
        while (store.requesting() && store.request().at < dispatch) serve();
        store.dispatch(dispatch, ops[i]);
    }
    while (store.requesting()) serve();
    while (store.has_release()) outcome.releases.push_back(store.take_release());
    while (store.has_end()) outcome.ends.push_back(store.take_end());
    return outcome;
}

TEST(StoreTiming, EqualsTheLiteralReadingInEveryCycle) {
    Random random(20260802);
    int operations = 0;
    for (int trial = 0; trial < 2500; ++trial) {
        const isa::ArrayConfig config = random_sizes(random);
        const dram::MemoryConfig memory = random_memory(random, config.channels);
        std::vector<StoreOperation> ops;
        std::vector<Cycles> delays;
        for (std::int64_t n = pick(random, 1, 8); n > 0; --n, ++operations) {
            ops.push_back(random_operation(random, config));
            delays.push_back(pick(random, 0, 2) == 0 ? pick(random, 0, 80) : 0);
        }
        const Outcome expected = run_literal(config, memory, ops, delays);
        const Outcome actual = run_recurrence(config, memory, ops, delays);
        ASSERT_EQ(expected.ready, actual.ready) << "trial " << trial;
        ASSERT_TRUE(expected.addresses == actual.addresses) << "trial " << trial;
        ASSERT_EQ(expected.releases, actual.releases) << "trial " << trial;
        ASSERT_EQ(expected.ends, actual.ends) << "trial " << trial;
    }
    EXPECT_GE(operations, 10000);
}

TEST(StoreTiming, RefusesAFifoThatCannotHoldABurst) {
    isa::ArrayConfig config;
    config.store_fifo = config.burst_lines;
    EXPECT_THROW(StoreTiming{config}, std::invalid_argument);
}

}  // namespace
}  // namespace satsim::cycle
