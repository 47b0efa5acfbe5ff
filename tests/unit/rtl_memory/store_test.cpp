// rtl/store.sv against contract.md §7: every dispatch, release, read, address, data line and end, in its
// cycle.
#include <gtest/gtest.h>

#include "Vstore_bench_eight.h"
#include "Vstore_bench_large.h"
#include "Vstore_bench_odd.h"
#include "Vstore_bench_thin.h"
#include "Vstore_bench_wide.h"
#include "sat_isa.hpp"
#include "tests/unit/rtl_memory/bench.hpp"
#include "tests/unit/rtl_memory/store_model.hpp"

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
    op.base = 8 * random(0, 1 << 20);
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

template <typename Model>
void set_operation(Model& dut, const StoreParameters& op) {
    const std::int64_t registers[] = {op.base, op.len, op.px, op.py,    op.pb,  op.grid_w, op.grid_h,
                                      op.b0,   op.y0,  op.x0, op.count, op.src, op.sc,     op.src_kind};
    int i = 0;
    for (const std::int64_t value : registers) {
        set_bits(dut.op_params_i, 40 * i++, 40, static_cast<std::uint64_t>(value));
    }
    dut.op_flags_i = static_cast<std::uint16_t>((op.seek ? isa::store::kSeek : 0) |
                                                (op.advance ? isa::store::kAdvance : 0) |
                                                (op.half ? isa::store::kFp16 : 0));
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
    auto context = std::make_unique<VerilatedContext>();
    context->randReset(2);
    context->randSeed(static_cast<int>(seed % 1000000) + 1);
    Model dut(context.get());
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
    int dispatched = 0;
    int ended = 0;
    const int idle_percent = random.chance(50) ? 0 : 40;
    for (Cycles now = 0; ended < operations && now < 400000; ++now) {
        dut.w_ready_i = !accepted.empty() && accepted.front() == now;
        dut.b_valid_i = !responses.empty() && responses.front() == now;
        if (dut.b_valid_i) responses.pop_front();
        for (int k = 0; k < banks * sizes.columns; ++k) {
            const std::int64_t address = reads.front() + k / sizes.columns;
            dut.rd_data_i[k] = reads.front() < 0 ? 0xDEADBEEF : result_at(address, k % sizes.columns);
        }
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
        ended += dut.done_o;
        if (dut.op_valid_i && dut.op_ready_o) {
            model.dispatch(now, op);
            op = random_operation(random, sizes);
            ++dispatched;
        }
        edge();
    }
    EXPECT_EQ(ended, operations) << "seed " << seed;
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
