// rtl/store.sv against contract.md §7: every dispatch, release, read, address, data line and end, in its
// cycle.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "Vstore_bench_eight.h"
#include "Vstore_bench_large.h"
#include "Vstore_bench_odd.h"
#include "Vstore_bench_thin.h"
#include "Vstore_bench_wide.h"
#include "sat_isa.hpp"
#include "sim/cycle/store_timing.hpp"
#include "tests/unit/rtl_memory/bench.hpp"
#include "tests/unit/rtl_memory/store_model.hpp"
#include "tests/unit/rtl_memory/verilate.hpp"

namespace satsim::rtl_bench {
namespace {

constexpr int kVectorLines = 128;

StoreParameters random_operation(Random& random, const StoreSizes& sizes) {
    const std::int64_t line_words = 8 * sizes.channels;
    StoreParameters op{};
    op.src_kind = random.chance(60) ? 0 : random(1, 2);
    op.half = random.chance(50);
    op.len = 8 * random(1, random.chance(50) ? 4 : 5 * line_words);
    if (random.chance(20)) op.len = 8 * line_words * random(1, 3);
    if (random.chance(30)) op.len = sizes.columns * (op.half ? 2 : 4) * random(1, 8);
    op.base = (1 << 30) + 8 * random(0, 1 << 20);  // far from 0: steps may be negative
    if (random.chance(30)) op.base = op.base / (8 * line_words) * (8 * line_words);
    op.px = random.chance(60) ? op.len : 8 * random(-20, 40);
    op.grid_w = random(1, 9);
    op.grid_h = random(1, 5);
    op.py = random.chance(60) ? op.px * op.grid_w : 8 * random(-2000, 2000);
    op.pb = random.chance(60) ? op.py * op.grid_h : 8 * random(-200000, 200000);
    op.b0 = random(0, 3);
    op.y0 = random(0, op.grid_h - 1);
    op.x0 = random(0, op.grid_w - 1);
    op.count = random.chance(30) ? random(1, 3) : random(1, 80);
    op.src = random(0, 1000);
    op.sc = random(0, 8);
    op.seek = random.chance(50);
    op.advance = random.chance(60);
    return op;
}

using Registers = std::array<std::int64_t, isa::kRegisters>;

Registers registers_of(const StoreParameters& op) {
    return {op.base, op.len, op.px, op.py,    op.pb,  op.grid_w, op.grid_h,
            op.b0,   op.y0,  op.x0, op.count, op.src, op.sc,     op.src_kind};
}

std::uint32_t flags_of(const StoreParameters& op) {
    return (op.seek ? isa::store::kSeek : 0) | (op.advance ? isa::store::kAdvance : 0) |
           (op.half ? isa::store::kFp16 : 0);
}

template <typename Model>
void set_operation(Model& dut, const StoreParameters& op) {
    const Registers registers = registers_of(op);
    for (int i = 0; i < isa::kRegisters; ++i) {
        set_bits(dut.op_params_i, 40 * i, 40,
                 static_cast<std::uint64_t>(registers[static_cast<std::size_t>(i)]));
    }
    dut.op_flags_i = static_cast<std::uint16_t>(flags_of(op));
}

// What one operation did in the RTL.
struct Ran {
    StoreParameters op;
    Cycles ready = 0;  // first cycle in which it could have been dispatched
    Cycles dispatched = 0;
    Cycles released = 0;
    Cycles ended = 0;
};

// The cycle model's recurrences, given the dispatches, agree on every ready, release and end.
void compare_recurrences(const StoreSizes& sizes, const std::vector<Ran>& operations, dram::Memory& memory) {
    isa::ArrayConfig config;
    config.columns = sizes.columns;
    config.channels = sizes.channels;
    config.burst_lines = sizes.burst;
    config.store_fifo = sizes.lines;
    cycle::StoreTiming timing(config);
    std::size_t released = 0;
    std::size_t ended = 0;
    const auto take = [&] {
        while (timing.has_release()) ASSERT_EQ(timing.take_release(), operations[released++].released);
        while (timing.has_end()) ASSERT_EQ(timing.take_end(), operations[ended++].ended);
    };
    const auto serve = [&] {
        const Cycles response = memory.write(timing.request().at, timing.request().line, timing.handshakes());
        timing.accept(response);
        take();
    };
    for (const Ran& ran : operations) {
        while (timing.ready() == cycle::kUnknown) {
            ASSERT_TRUE(timing.requesting());
            serve();
        }
        ASSERT_EQ(std::max<Cycles>(timing.ready(), 0), ran.ready);
        timing.dispatch(ran.dispatched, cycle::StoreOperation::from(registers_of(ran.op), flags_of(ran.op)));
        take();
    }
    while (timing.requesting()) serve();
    EXPECT_EQ(released, operations.size());
    EXPECT_EQ(ended, operations.size());
}

std::uint32_t result_at(std::int64_t address, std::int64_t column) {
    return static_cast<std::uint32_t>(word_at((address & 0xFFFF) * 4096 + column));
}

template <typename Model>
void compare(const StoreSizes& sizes, std::uint64_t seed, int operations) {
    Random random(seed);
    const int line_words = 8 * sizes.channels;
    const int banks = std::max(1, 64 * sizes.channels / (2 * sizes.columns));
    const dram::MemoryConfig config = random_memory(random, sizes.channels);
    const auto memory = dram::make_memory(config);
    const auto model_memory = dram::make_memory(config);
    StoreModel model(sizes, *model_memory);
    model.result = result_at;
    model.vector = [&](std::int64_t word) { return word_at(word % (kVectorLines * line_words)); };
    const auto verilated = verilate<Model>(static_cast<int>(seed % 1000000) + 1);
    Model& dut = verilated->model;
    const auto edge = [&] {
        dut.clk_i = 1;
        dut.eval();
        dut.clk_i = 0;
    };
    dut.clk_i = 0;
    dut.rst_ni = 0;
    dut.op_valid_i = dut.w_ready_i = dut.b_valid_i = dut.wr_valid_i = 0;
    dut.eval();
    edge();
    edge();
    dut.rst_ni = 1;
    // Fill the vector memory, beginning in the middle of a line.
    for (int line = 0; line < kVectorLines; ++line) {
        const int first = line_words / 2 - 1;
        std::vector<std::uint64_t> words(static_cast<std::size_t>(line_words));
        for (int lane = 0; lane < line_words; ++lane) {
            const int at = (line + (lane < first)) % kVectorLines;
            words[static_cast<std::size_t>(lane)] = word_at(at * line_words + lane);
        }
        set_words(dut.wr_data_i, words);
        dut.wr_valid_i = 1;
        dut.wr_lane_en_i = static_cast<std::remove_reference_t<decltype(dut.wr_lane_en_i)>>(
            ~std::uint64_t{0} >> (64 - line_words));
        dut.wr_line_i = static_cast<std::uint16_t>(line);
        dut.wr_first_lane_i = static_cast<std::uint8_t>(first);
        dut.eval();
        edge();
    }
    dut.wr_valid_i = 0;

    StoreParameters op = random_operation(random, sizes);
    std::deque<Cycles> accepted;
    std::deque<Cycles> responses;
    std::deque<std::int64_t> reads;  // result addresses of the last two cycles, -1: none
    reads.assign(2, -1);
    std::int64_t shown = -2;  // what rd_data_i holds
    std::vector<Ran> ran;
    Cycles ready_since = 0;
    int dispatched = 0;
    int released = 0;
    int ended = 0;
    const int idle_percent = random.chance(50) ? 0 : 40;
    for (Cycles now = 0; ended < operations && now < 400000; ++now) {
        dut.w_ready_i = !accepted.empty() && accepted.front() == now;
        dut.b_valid_i = !responses.empty() && responses.front() == now;
        if (dut.b_valid_i) responses.pop_front();
        const std::int64_t read = reads.front();
        for (int k = 0; k < banks * sizes.columns && read != shown; ++k) {
            dut.rd_data_i[k] = read < 0 ? 0xDEADBEEF : result_at(read + k / sizes.columns, k % sizes.columns);
        }
        shown = read;
        dut.op_valid_i = dispatched < operations && !random.chance(idle_percent);
        if (dut.op_valid_i) set_operation(dut, op);
        dut.eval();
        const StoreModel::Events expected = model.step(now);
        ASSERT_EQ(dut.op_ready_o, expected.ready) << "cycle " << now << " seed " << seed;
        ASSERT_EQ(dut.release_o, expected.release) << "cycle " << now << " seed " << seed;
        ASSERT_EQ(dut.done_o, expected.end) << "cycle " << now << " seed " << seed;
        ASSERT_EQ(dut.rd_valid_o, expected.read) << "cycle " << now << " seed " << seed;
        if (dut.rd_valid_o) {
            ASSERT_EQ(dut.rd_addr_o, expected.address) << "cycle " << now;
        }
        reads.pop_front();
        reads.push_back(dut.rd_valid_o ? dut.rd_addr_o : -1);
        ASSERT_EQ(dut.aw_valid_o, expected.requested) << "cycle " << now << " seed " << seed;
        if (dut.w_ready_i) {
            ASSERT_TRUE(dut.w_valid_o) << "cycle " << now << " seed " << seed;
            accepted.pop_front();
            ASSERT_EQ(dut.w_last_o, accepted.empty());
            StoreModel::Line line;
            for (int lane = 0; lane < line_words; ++lane) {
                if (((dut.w_strobe_o >> lane) & 1U) != 0) line[lane] = get_word(dut.w_data_o, lane);
            }
            ASSERT_TRUE(expected.written);
            ASSERT_EQ(line, expected.line) << "cycle " << now << " seed " << seed;
        }
        if (dut.aw_valid_o) {
            ASSERT_EQ(static_cast<std::int64_t>(dut.aw_line_o), expected.request.line) << "cycle " << now;
            ASSERT_EQ(static_cast<int>(dut.aw_lines_o), expected.request.lines) << "cycle " << now;
            ASSERT_TRUE(accepted.empty());
            std::vector<Cycles> cycles(dut.aw_lines_o);
            responses.push_back(memory->write(now, static_cast<std::int64_t>(dut.aw_line_o), cycles));
            accepted.assign(cycles.begin(), cycles.end());
        }
        if (dut.release_o) ran[static_cast<std::size_t>(released++)].released = now;
        if (dut.done_o) ran[static_cast<std::size_t>(ended++)].ended = now;
        if (!dut.op_ready_o) ready_since = now + 1;
        if (dut.op_valid_i && dut.op_ready_o) {
            ran.push_back({op, ready_since, now, 0, 0});
            model.dispatch(now, op);
            op = random_operation(random, sizes);
            ++dispatched;
        }
        edge();
    }
    EXPECT_EQ(ended, operations) << "seed " << seed;
    compare_recurrences(sizes, ran, *dram::make_memory(config));
}

TEST(RtlStore, ThinSlice) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) compare<Vstore_bench_thin>({4, 1, 16, 64}, seed, 20);
}

TEST(RtlStore, EightByEightWithSmallFifo) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) compare<Vstore_bench_eight>({8, 2, 4, 5}, seed, 20);
}

TEST(RtlStore, FourChannels) {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) compare<Vstore_bench_large>({32, 4, 16, 64}, seed, 15);
}

TEST(RtlStore, OddColumns) {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) compare<Vstore_bench_odd>({12, 1, 16, 64}, seed, 20);
}

TEST(RtlStore, ArrayWiderThanALine) {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) compare<Vstore_bench_wide>({64, 1, 8, 16}, seed, 20);
}

}  // namespace
}  // namespace satsim::rtl_bench
