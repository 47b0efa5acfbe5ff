// One verilated STCE with the data it should hold: writes go to both, results and cycles are compared.
#pragma once

#include <gtest/gtest.h>
#include <verilated.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "sim/cycle/stce_recurrence.hpp"
#include "sim/rtl/coverage.hpp"
#include "tests/unit/functional/random_state.hpp"
#include "tests/unit/functional/stce_reference.hpp"

namespace satsim::rtl_bench {

using functional::OnChipState;
using functional::Operation;
using functional::Random;

// What LOAD offers in one cycle; docs/architecture/rtl-ports.md.
struct Write {
    int kind = 0;
    int line = 0;
    int first_lane = 0;
    int row = 0;
    int spread_word = 0;  // WEST_SPREAD: word number of lane 0 of `line`
    int group_words = 1;
    std::vector<std::uint64_t> words;  // the first goes to `first_lane`
};

template <typename Model>
class StceBench {
  public:
    // A result that no operation wrote.
    static constexpr std::uint32_t kUnwritten = 0xDEADBEEF;

    StceBench(const isa::ArrayConfig& config, int seed)
        : state_(config), reference_(state_), recurrence_(config.rows, config.columns) {
        std::fill(state_.result.begin(), state_.result.end(), kUnwritten);
        context_.randReset(2);
        context_.randSeed(seed);
        model_ = std::make_unique<Model>(&context_);
        model_->clk_i = 0;
        model_->rst_ni = 0;
        model_->op_valid_i = 0;
        model_->wr_valid_i = 0;
        model_->rd_valid_i = 0;
        edge();
        edge();
        model_->rst_ni = 1;
    }

    [[nodiscard]] const OnChipState& state() const { return state_; }
    [[nodiscard]] Cycles now() const { return now_; }
    [[nodiscard]] std::int64_t macs_waited() const { return waited_; }

    // One cycle with a write; the word of lane l is words[(l - first_lane) mod lanes].
    void write(const Write& write) {
        const int lanes = state_.config.line_words();
        model_->wr_valid_i = 1;
        model_->wr_kind_i = static_cast<std::uint8_t>(write.kind);
        model_->wr_line_i = static_cast<std::uint16_t>(write.line);
        model_->wr_first_lane_i = static_cast<std::uint8_t>(write.first_lane);
        model_->wr_row_i = static_cast<std::uint8_t>(write.row);
        model_->wr_spread_word_i = static_cast<std::uint16_t>(write.spread_word);
        model_->wr_group_words_i = static_cast<std::uint8_t>(write.group_words);
        std::uint32_t enable = 0;
        for (std::size_t i = 0; i < write.words.size(); ++i) {
            const int place = write.first_lane + static_cast<int>(i);
            const int lane = place % lanes;
            enable |= 1U << lane;
            model_->wr_data_i[2 * lane] = static_cast<std::uint32_t>(write.words[i]);
            model_->wr_data_i[2 * lane + 1] = static_cast<std::uint32_t>(write.words[i] >> 32);
            mirror(write, place, write.words[i]);
        }
        model_->wr_lane_en_i = static_cast<std::remove_reference_t<decltype(model_->wr_lane_en_i)>>(enable);
        cycle();
        model_->wr_valid_i = 0;
    }

    void idle(std::int64_t cycles) {
        for (std::int64_t i = 0; i < cycles; ++i) cycle();
    }

    // Offers the operation until it is taken. Ready must rise in the cycle that the contract says.
    void dispatch(const Operation& op) {
        const auto gemm = cycle::GemmOperation::from(op.registers, op.flags);
        const Cycles ready = recurrence_.ready(gemm);
        for (int i = 0; i < isa::kRegisters; ++i) set_register(i, op[i]);
        model_->op_flags_i = static_cast<std::uint16_t>(op.flags);
        model_->op_valid_i = 1;
        for (bool taken = false; !taken;) {
            model_->eval();
            taken = model_->op_ready_o != 0;
            ASSERT_EQ(taken, now_ >= ready) << "ready in cycle " << now_ << ", contract says " << ready;
            if (taken) {
                const auto times = recurrence_.dispatch(now_, gemm);
                releases_.push_back(times.release);
                ends_.push_back(times.end);
            } else {
                ++waited_;
            }
            cycle();
        }
        model_->op_valid_i = 0;
        reference_.execute(op);
    }

    void finish() {
        while (!ends_.empty() && !testing::Test::HasFailure()) cycle();
        idle(2);
    }

    // Every result that was written, read from random addresses on.
    void compare_results(Random& random) {
        const int banks = state_.config.result_banks();
        const int columns = state_.config.columns;
        for (int first = 0; first < state_.config.result_addresses;
             first += static_cast<int>(random.in(1, banks))) {
            model_->rd_valid_i = 1;
            model_->rd_addr_i = static_cast<std::uint16_t>(first);
            cycle();
            model_->rd_valid_i = 0;
            cycle();
            model_->eval();
            for (int k = 0; k < banks; ++k) {
                const int address = (first + k) % state_.config.result_addresses;
                for (int c = 0; c < columns; ++c) {
                    const std::uint32_t expected =
                        state_.result[static_cast<std::size_t>(address * columns + c)];
                    if (expected == kUnwritten) continue;
                    ASSERT_EQ(model_->rd_data_o[k * columns + c], expected)
                        << "result address " << address << ", column " << c;
                    ++compared_;
                }
            }
        }
    }
    [[nodiscard]] std::int64_t compared() const { return compared_; }

  private:
    void edge() {
        model_->eval();
        model_->clk_i = 1;
        model_->eval();
        model_->clk_i = 0;
    }

    void cycle() {
        model_->eval();
        const bool release = !releases_.empty() && releases_.front() == now_;
        EXPECT_EQ(model_->release_o != 0, release) << "release in cycle " << now_;
        if (release) releases_.pop_front();
        const bool end = !ends_.empty() && ends_.front() == now_;
        EXPECT_EQ(model_->done_o != 0, end) << "end in cycle " << now_;
        if (end) ends_.pop_front();
        edge();
        ++now_;
    }

    void set_register(int number, std::int64_t value) {
        for (int i = 0; i < isa::kRegisterBits; ++i) {
            const int at = isa::kRegisterBits * number + i;
            const std::uint32_t bit = 1U << (at % 32);
            std::uint32_t& word = model_->op_params_i[at / 32];
            word = ((value >> i) & 1) != 0 ? word | bit : word & ~bit;
        }
    }

    void mirror(const Write& write, int place, std::uint64_t word) {
        const int lanes = state_.config.line_words();
        const std::int64_t at = std::int64_t{write.line} * lanes + place;  // word in the buffer
        if (write.kind == 2) {
            put(state_.north_values, at, word);
        } else if (write.kind == 3) {
            for (int i = 0; i < 8; ++i)
                state_.north_indices[static_cast<std::size_t>(at * 8 + i)] =
                    static_cast<std::uint8_t>(word >> (8 * i));
        } else if (write.kind == 5) {
            const int quad = (write.spread_word + place) % (state_.config.rows / 4);
            for (int row = 4 * quad; row < 4 * quad + 4; ++row)
                put(state_.west, row * (state_.west_row_pitch / 4) + at, word);
        } else {
            const int row = write.kind == 0
                                ? write.row
                                : (write.spread_word + place) / write.group_words % state_.config.rows;
            put(state_.west, row * (state_.west_row_pitch / 4) + at, word);
        }
    }
    static void put(std::vector<std::uint16_t>& elements, std::int64_t word_number, std::uint64_t word) {
        for (int i = 0; i < 4; ++i)
            elements[static_cast<std::size_t>(word_number * 4 + i)] =
                static_cast<std::uint16_t>(word >> (16 * i));
    }

    OnChipState state_;
    functional::reference::Stce reference_;
    cycle::StceRecurrence recurrence_;
    VerilatedContext context_;
    std::unique_ptr<Model> model_;
    sim::rtl::CoverageFile coverage_{context_};
    Cycles now_ = 0;
    std::deque<Cycles> releases_;
    std::deque<Cycles> ends_;
    std::int64_t waited_ = 0;
    std::int64_t compared_ = 0;
};

}  // namespace satsim::rtl_bench
