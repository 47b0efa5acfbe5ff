// rtl/load.sv against contract.md §4: every dispatch, request, write and end, in its cycle and with its
// words.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "Vload_bench_large.h"
#include "Vload_bench_small.h"
#include "Vload_bench_thin.h"
#include "sat_isa.hpp"
#include "sim/cycle/load_timing.hpp"
#include "tests/unit/rtl_memory/bench.hpp"
#include "tests/unit/rtl_memory/load_model.hpp"
#include "tests/unit/rtl_memory/verilate.hpp"

namespace satsim::rtl_bench {
namespace {

LoadParameters random_operation(Random& random, const LoadSizes& sizes) {
    const std::int64_t line_words = 8 * sizes.channels;
    LoadParameters op{};
    op.dest_kind = random(0, 5);
    const std::int64_t longest = random.chance(50) ? 4 : 5 * line_words;
    op.len = 8 * random(1, longest);
    if (random.chance(20)) op.len = 8 * line_words * random(1, 3);
    op.base = (1 << 30) + 8 * random(0, 1 << 20);  // far from 0: steps may be negative
    if (random.chance(30)) op.base = op.base / (8 * line_words) * (8 * line_words);
    if (random.chance(5)) op.base = (std::int64_t{1} << 40) - 8 * random(1, 100);
    op.px = random.chance(60) ? op.len : 8 * random(-20, 40);
    op.grid_w = random(1, 9);
    op.grid_h = random(1, 5);
    op.sx = random.chance(70) ? 1 : random(0, 3);
    op.sy = random.chance(70) ? 1 : random(0, 3);
    op.ox = random.chance(50) ? 0 : random(-3, 3);
    op.oy = random.chance(50) ? 0 : random(-3, 3);
    op.in_w = random(1, 12);
    op.in_h = random(1, 8);
    if (random.chance(30)) {  // one long row without padding
        op.grid_w = 1000000;
        op.in_w = 1 << 23;
        op.ox = op.oy = 0;
    }
    op.py = random.chance(60) ? op.px * op.in_w : 8 * random(-2000, 2000);
    op.pb = random.chance(60) ? op.py * op.in_h : 8 * random(-200000, 200000);
    op.b0 = random(0, 3);
    op.y0 = random(0, op.grid_h - 1);
    op.x0 = random(0, op.grid_w - 1);
    op.count = random.chance(20) ? random(1, 3) : random(1, 80);
    op.dest = op.dest_kind <= 1 || op.dest_kind == 5 ? random(0, 60) : random(0, 2000);
    op.stride = random(0, 7);
    op.word0 = random(0, 3 * line_words);
    op.group_words = random(1, 4);
    op.seek = random.chance(50);
    op.advance = random.chance(60);
    return op;
}

using Registers = std::array<std::int64_t, isa::kRegisters>;

Registers registers_of(const LoadParameters& op) {
    return {op.base,  op.len,  op.px,     op.py,    op.pb,          op.grid_w,   op.grid_h, op.sx,
            op.sy,    op.ox,   op.oy,     op.in_w,  op.in_h,        op.b0,       op.y0,     op.x0,
            op.count, op.dest, op.stride, op.word0, op.group_words, op.dest_kind};
}

std::uint32_t flags_of(const LoadParameters& op) {
    return (op.seek ? isa::load::kSeek : 0) | (op.advance ? isa::load::kAdvance : 0);
}

template <typename Model>
void set_operation(Model& dut, const LoadParameters& op) {
    const Registers registers = registers_of(op);
    for (int i = 0; i < isa::kRegisters; ++i) {
        set_bits(dut.op_params_i, 40 * i, 40,
                 static_cast<std::uint64_t>(registers[static_cast<std::size_t>(i)]));
    }
    dut.op_flags_i = static_cast<std::uint16_t>(flags_of(op));
}

// What one operation did in the RTL.
struct Ran {
    LoadParameters op;
    Cycles ready = 0;  // first cycle in which it could have been dispatched
    Cycles dispatched = 0;
    Cycles ended = 0;
};

// The cycle model's recurrences, given the dispatches, agree on every ready and end.
void compare_recurrences(const LoadSizes& sizes, const std::vector<Ran>& operations, dram::Memory& memory) {
    isa::ArrayConfig config;
    config.rows = sizes.rows;
    config.channels = sizes.channels;
    config.burst_lines = sizes.burst;
    config.piece_fifo = sizes.pieces;
    config.line_fifo = sizes.lines;
    cycle::LoadTiming timing(config);
    const auto serve = [&] {
        memory.read(timing.request().at, timing.request().line, timing.arrivals());
        timing.accept();
    };
    std::size_t ended = 0;
    const auto take_ends = [&] {
        while (timing.has_end())
            ASSERT_EQ(timing.take_end(), operations[ended++].ended) << "operation " << ended;
    };
    for (const Ran& ran : operations) {
        while (timing.ready() == cycle::kUnknown) {
            ASSERT_TRUE(timing.requesting());
            serve();
            take_ends();
        }
        ASSERT_EQ(std::max<Cycles>(timing.ready(), 0), ran.ready);
        timing.dispatch(ran.dispatched, cycle::LoadOperation::from(registers_of(ran.op), flags_of(ran.op)));
        take_ends();
    }
    while (timing.requesting()) {
        serve();
        take_ends();
    }
    EXPECT_EQ(ended, operations.size());
}

// The words that the write port carries in this cycle, in order from the first.
template <typename Model>
std::vector<LoadedWord> written_words(Model& dut, const LoadSizes& sizes) {
    const int lanes = 8 * sizes.channels;
    std::vector<LoadedWord> words;
    for (int k = 0; k < lanes; ++k) {
        const int lane = (dut.wr_first_lane_o + k) % lanes;
        if (((dut.wr_lane_en_o >> lane) & 1U) == 0) continue;
        EXPECT_EQ(static_cast<int>(words.size()), k) << "a gap in the enabled lanes";
        const bool wrapped = lane < dut.wr_first_lane_o;
        LoadedWord word{dut.wr_kind_o, 0, (dut.wr_line_o + wrapped) * lanes + lane,
                        get_word(dut.wr_data_o, lane)};
        if (word.kind == 0) word.row = dut.wr_row_o;
        if (word.kind == 1) {
            const int u = dut.wr_spread_word_o + lane + (wrapped ? lanes : 0);
            word.row = u / dut.wr_group_words_o % sizes.rows;
        }
        words.push_back(word);
    }
    return words;
}

template <typename Model>
void compare(const LoadSizes& sizes, std::uint64_t seed, int operations) {
    Random random(seed);
    const dram::MemoryConfig config = random_memory(random, sizes.channels);
    const auto memory = dram::make_memory(config);
    const auto model_memory = dram::make_memory(config);
    LoadModel model(sizes, *model_memory);
    LinesUnderWay lines;
    const auto verilated = verilate<Model>(static_cast<int>(seed % 1000000) + 1);
    Model& dut = verilated->model;
    const auto edge = [&] {
        dut.clk_i = 1;
        dut.eval();
        dut.clk_i = 0;
    };
    dut.clk_i = 0;
    dut.rst_ni = 0;
    dut.op_valid_i = 0;
    dut.r_valid_i = 0;
    dut.eval();
    edge();
    edge();
    dut.rst_ni = 1;

    LoadParameters op = random_operation(random, sizes);
    std::vector<Ran> ran;
    Cycles ready_since = 0;
    int dispatched = 0;
    int ended = 0;
    const int idle_percent = random.chance(50) ? 0 : 40;
    const int line_words = 8 * sizes.channels;
    for (Cycles now = 0; ended < operations && now < 400000; ++now) {
        // Inputs of this cycle.
        dut.r_valid_i = 0;
        if (!lines.lines.empty() && lines.lines.front().at == now) {
            std::vector<std::uint64_t> words;
            for (int i = 0; i < line_words; ++i) {
                words.push_back(word_at((lines.lines.front().line * line_words + i) * 8));
            }
            set_words(dut.r_data_i, words);
            dut.r_valid_i = 1;
            lines.lines.pop_front();
        }
        dut.op_valid_i = dispatched < operations && !random.chance(idle_percent);
        if (dut.op_valid_i) set_operation(dut, op);
        dut.eval();
        // Outputs.
        const LoadModel::Events expected = model.step(now);
        ASSERT_EQ(dut.op_ready_o, expected.ready) << "cycle " << now << " seed " << seed;
        ASSERT_EQ(dut.ar_valid_o, expected.requested) << "cycle " << now << " seed " << seed;
        if (dut.ar_valid_o) {
            ASSERT_EQ(static_cast<std::int64_t>(dut.ar_line_o), expected.request.line) << "cycle " << now;
            ASSERT_EQ(static_cast<int>(dut.ar_lines_o), expected.request.lines) << "cycle " << now;
            lines.request(*memory, now, static_cast<std::int64_t>(dut.ar_line_o), dut.ar_lines_o);
        }
        ASSERT_EQ(dut.wr_valid_o, expected.written) << "cycle " << now << " seed " << seed;
        if (dut.wr_valid_o) {
            ASSERT_EQ(written_words(dut, sizes), expected.piece.words) << "cycle " << now << " seed " << seed;
        }
        const bool end = expected.written && expected.piece.last;
        ASSERT_EQ(dut.done_o, end);
        ASSERT_EQ(dut.release_o, end);
        if (end) ran[static_cast<std::size_t>(ended++)].ended = now;
        if (!dut.op_ready_o) ready_since = now + 1;
        if (dut.op_valid_i && dut.op_ready_o) {
            ran.push_back({op, ready_since, now, 0});
            model.dispatch(now, op);
            op = random_operation(random, sizes);
            ++dispatched;
        }
        edge();
    }
    EXPECT_EQ(ended, operations) << "seed " << seed;
    EXPECT_TRUE(model.idle());
    // The recurrences state nothing about positions that run over the end of the address space.
    const bool wraps = std::any_of(ran.begin(), ran.end(), [](const Ran& r) { return r.op.base >> 39 != 0; });
    if (!wraps) compare_recurrences(sizes, ran, *dram::make_memory(config));
}

TEST(RtlLoad, ThinSlice) {
    for (std::uint64_t seed = 1; seed <= 500; ++seed)
        compare<Vload_bench_thin>({4, 1, 16, 256, 64}, seed, 20);
}

TEST(RtlLoad, SmallFifos) {
    for (std::uint64_t seed = 1; seed <= 500; ++seed) compare<Vload_bench_small>({8, 2, 4, 8, 8}, seed, 20);
}

TEST(RtlLoad, FourChannels) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed)
        compare<Vload_bench_large>({32, 4, 16, 256, 64}, seed, 15);
}

}  // namespace
}  // namespace satsim::rtl_bench
