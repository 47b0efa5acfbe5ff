// The whole vector engine, alone: random operations of every kind, back to back or apart. Bits against
// runtime/vector, every ready, release and end cycle against sim/cycle/vec_timing.
#include <Vvec_1.h>
#include <Vvec_2.h>
#include <gtest/gtest.h>
#include <verilated.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "runtime/support/stored_pattern.hpp"
#include "runtime/vector/execute.hpp"
#include "runtime/vector/micro_program.hpp"
#include "sim/cycle/vec_timing.hpp"
#include "sim/rtl/coverage.hpp"

namespace satsim {
namespace {

namespace vec = isa::vec;
using vec::Operation;
using vector::Parameters;

std::uint64_t environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

constexpr int kLines = 2048;
// After an operation's release LOAD can write from this many cycles on: WAIT, RUN, ADDRESS_SETUP, one piece.
constexpr Cycles kEarliestWrite = 1 + 1 + isa::timing::kAddressSetup + 1;

struct Request {
    std::array<std::int64_t, isa::kRegisters> registers{};
    std::uint32_t flags = 0;
};

class Random {
  public:
    explicit Random(std::uint64_t seed) : rng_(seed) {}
    bool calm = false;  // neither extreme values nor any that are not finite
    std::int64_t in(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(rng_() % static_cast<std::uint64_t>(high - low + 1));
    }
    bool one_in(int n) { return in(1, n) == 1; }
    std::uint64_t bits() { return rng_(); }
    // FP32 of a middling exponent, or anything.
    std::uint32_t wide() {
        constexpr std::array<std::uint32_t, 8> kSpecial{0,          0x80000000, 0x7F800000, 0xFF800000,
                                                        0x7FC00001, 0x00000001, 0x3F800000, 0x00800000};
        if (!calm && one_in(24)) return kSpecial[bits() % kSpecial.size()];
        if (!calm && one_in(24)) return static_cast<std::uint32_t>(bits());
        return (static_cast<std::uint32_t>(bits()) & 0x807FFFFFU) | static_cast<std::uint32_t>(in(115, 135))
                                                                        << 23;
    }
    std::uint16_t half() {
        constexpr std::array<std::uint16_t, 8> kSpecial{0,      0x8000, 0x7C00, 0xFC00,
                                                        0x7E01, 0x0001, 0x3C00, 0x83FF};
        if (!calm && one_in(24)) return kSpecial[bits() % kSpecial.size()];
        if (!calm && one_in(24)) return static_cast<std::uint16_t>(bits());
        return static_cast<std::uint16_t>((bits() & 0x83FFU) | static_cast<std::uint64_t>(in(8, 20)) << 10);
    }
    std::uint64_t word(bool wide_values) {
        if (wide_values) return std::uint64_t{wide()} << 32 | wide();
        std::uint64_t w = 0;
        for (int i = 0; i < 4; ++i) w = w << 16 | half();
        return w;
    }

  private:
    std::mt19937_64 rng_;
};

template <typename Model>
class VecBench {
  public:
    VecBench(int channels, int max_m, std::uint64_t seed)
        : random(seed),
          vmem_(static_cast<std::size_t>(kLines * 8 * channels)),
          cmem_(16 * channels),
          timing_(64 * channels) {
        config_.channels = channels;
        config_.max_m = max_m;
        config_.vmem_lines = kLines;
        context_.randReset(2);
        context_.randSeed(static_cast<int>(seed));
        model_ = std::make_unique<Model>(&context_);
        model_->clk_i = 0;
        model_->rst_ni = 0;
        model_->op_valid_i = 0;
        edge();
        edge();
        model_->rst_ni = 1;
        refill(true);
        expected_ = vmem_;
    }

    Random random;

    [[nodiscard]] int lanes() const { return 16 * config_.channels; }
    [[nodiscard]] std::int64_t middle() const { return std::int64_t{kLines / 2} * config_.line_words(); }
    [[nodiscard]] const isa::ArrayConfig& config() const { return config_; }

    // New operands; no operation may be reading.
    void refill(bool wide_values) {
        for (std::int64_t w = 0; w < middle(); ++w) {
            const std::uint64_t value = random.word(wide_values);
            vmem_[static_cast<std::size_t>(w)] = value;
            if (!expected_.empty()) expected_[static_cast<std::size_t>(w)] = value;
        }
    }

    void dispatch(const Request& request) {
        ASSERT_EQ(vector::operation_fault(request.registers, request.flags, config_), std::nullopt);
        const auto operation = cycle::VecOperation::from(request.registers);
        for (int i = 0; i < isa::kRegisters; ++i)
            set_register(i, request.registers[static_cast<std::size_t>(i)]);
        model_->op_flags_i = static_cast<std::uint16_t>(request.flags);
        model_->op_valid_i = 1;
        for (bool taken = false; !taken;) {
            model_->eval();
            taken = model_->op_ready_o != 0;
            ASSERT_EQ(taken, now_ >= timing_.ready()) << "ready in cycle " << now_;
            if (taken) {
                const auto times = timing_.dispatch(now_, operation);
                releases_.push_back(times.release);
                ends_.push_back(times.end);
            }
            cycle();
        }
        model_->op_valid_i = 0;
        nonfinite_.push_back(
            vector::execute_vector(vector::decode(request.registers, request.flags), expected_, cmem_));
        ++(nonfinite_.back() ? reporting_ : silent_);
        ++operations_;
    }

    void idle(Cycles cycles) {
        for (Cycles i = 0; i < cycles; ++i) cycle();
    }
    void until_released() {
        while (!releases_.empty() && !testing::Test::HasFailure()) cycle();
        idle(kEarliestWrite - 1);
    }
    // All operations have ended; what they wrote is readable from now on.
    void until_ended() {
        while (!ends_.empty() && !testing::Test::HasFailure()) cycle();
    }

    void compare() const {
        for (std::size_t w = 0; w < vmem_.size(); ++w)
            ASSERT_EQ(vmem_[w], expected_[w]) << "word " << w << " of " << middle() << " + ";
    }
    [[nodiscard]] std::int64_t operations() const { return operations_; }
    [[nodiscard]] std::int64_t words_written() const { return words_written_; }
    [[nodiscard]] std::int64_t reporting() const { return reporting_; }
    [[nodiscard]] std::int64_t silent() const { return silent_; }

  private:
    void set_register(int number, std::int64_t value) {
        for (int i = 0; i < isa::kRegisterBits; ++i) {
            const int at = isa::kRegisterBits * number + i;
            const std::uint32_t bit = 1U << (at % 32);
            std::uint32_t& word = model_->op_params_i[static_cast<std::size_t>(at / 32)];
            word = ((value >> i) & 1) != 0 ? word | bit : word & ~bit;
        }
    }

    void cycle() {
        drive_read();
        model_->eval();
        const bool release = !releases_.empty() && releases_.front() == now_;
        EXPECT_EQ(model_->release_o != 0, release) << "release in cycle " << now_;
        if (release) releases_.pop_front();
        const bool end = !ends_.empty() && ends_.front() == now_;
        EXPECT_EQ(model_->done_o != 0, end) << "end in cycle " << now_;
        // An operation reports before its end, and after the end of the one before.
        reported_ = reported_ || model_->nonfinite_o != 0;
        if (end) {
            EXPECT_EQ(reported_, nonfinite_.front()) << "reported by cycle " << now_;
            reported_ = false;
            nonfinite_.pop_front();
            ends_.pop_front();
        }
        take_memory();
        edge();
        ++now_;
    }

    void drive_read() {
        const int words = config_.line_words();
        for (int l = 0; l < words; ++l) {
            const std::uint64_t value = read2_[static_cast<std::size_t>(l)];
            model_->rd_data_i[static_cast<std::size_t>(2 * l)] = static_cast<std::uint32_t>(value);
            model_->rd_data_i[static_cast<std::size_t>(2 * l + 1)] = static_cast<std::uint32_t>(value >> 32);
        }
    }

    // The memory's edge: data come two cycles after the read, a write is readable in the next cycle.
    void take_memory() {
        const int words = config_.line_words();
        read2_ = read1_;
        if (model_->rd_valid_o != 0) {
            const std::int64_t first = model_->rd_word_o;
            for (int l = 0; l < words; ++l) {
                const std::int64_t line = first / words + (first % words > l ? 1 : 0);
                const std::int64_t at = (line * words + l) % middle();
                read1_[static_cast<std::size_t>(l)] = vmem_[static_cast<std::size_t>(at)];
            }
        }
        if (model_->wr_valid_o == 0) return;
        for (int l = 0; l < words; ++l) {
            if ((model_->wr_lane_en_o >> l & 1) == 0) continue;
            const std::int64_t line = model_->wr_line_o + (model_->wr_first_lane_o > l ? 1 : 0);
            const std::int64_t at = line * words + l;
            ASSERT_TRUE(at >= middle() && at < static_cast<std::int64_t>(vmem_.size())) << at;
            vmem_[static_cast<std::size_t>(at)] =
                std::uint64_t{model_->wr_data_o[static_cast<std::size_t>(2 * l)]} |
                std::uint64_t{model_->wr_data_o[static_cast<std::size_t>(2 * l + 1)]} << 32;
            ++words_written_;
        }
    }
    void edge() {
        model_->eval();
        model_->clk_i = 1;
        model_->eval();
        model_->clk_i = 0;
    }

    isa::ArrayConfig config_;
    std::vector<std::uint64_t> vmem_;
    std::vector<std::uint64_t> expected_;
    vector::CoefficientMemory cmem_;
    cycle::VecTiming timing_;
    VerilatedContext context_;
    std::unique_ptr<Model> model_;
    sim::rtl::CoverageFile coverage_{context_};
    Cycles now_ = 0;
    std::array<std::uint64_t, 32> read1_{};
    std::array<std::uint64_t, 32> read2_{};
    std::deque<Cycles> releases_;
    std::deque<Cycles> ends_;
    std::deque<bool> nonfinite_;  // of the operations that have not ended: expected to report
    bool reported_ = false;
    std::int64_t reporting_ = 0;
    std::int64_t silent_ = 0;
    std::int64_t operations_ = 0;
    std::int64_t words_written_ = 0;
};

constexpr std::int64_t kCoefficientRows = 640;

bool uses_coefficients(Operation operation) {
    const auto& form = vector::form_of(operation);
    return std::any_of(form.program.begin(), form.program.end(), [](const vector::MicroOp& m) {
        const auto banked = [](vector::Source s) {
            return s >= vector::Source::K0Bank0 && s <= vector::Source::K1Bank1;
        };
        return banked(m.a) || banked(m.b) || banked(m.c) || m.function >= vector::Function::Accumulate;
    });
}

// Any operation that is allowed; results do not overlap.
template <typename Bench>
Request random_request(Bench& bench, Operation operation) {
    Random& random = bench.random;
    Request request;
    const auto set = [&](int reg, std::int64_t value) {
        request.registers[static_cast<std::size_t>(reg)] = value;
    };
    const vector::OperationForm& form = vector::form_of(operation);
    const int lanes = bench.lanes();
    set(vec::op, static_cast<std::int64_t>(operation));
    set(vec::rows, random.in(1, operation == Operation::Fold ? 20 : 50));
    set(vec::channels, form.vector_indexed ? random.in(1, lanes) : random.in(1, 3 * lanes));
    const auto pattern = [&] {
        if (random.one_in(6)) return vector::pattern_bits(kOneOfTwo);
        const std::int64_t m = std::int64_t{4} << random.in(0, bench.config().max_m == 16 ? 2 : 1);
        return (random.one_in(4) ? m : random.in(1, m)) + 256 * m;
    };
    if (form.optimizer || operation == Operation::Pack) {
        if (!random.one_in(4)) set(vec::nm_f, pattern());
        if (!random.one_in(4)) set(vec::nm_b, pattern());
    }
    for (int i = 0; i < 11; ++i) set(vec::s0 + i, random.wide());
    for (const std::uint32_t flag : {vec::kFirst, vec::kRelu, vec::kWide, vec::kDecay}) {
        if (random.one_in(2)) request.flags |= flag;
    }
    set(vec::k0, random.in(0, 180));
    // Apart from k0: an operation must not read what it wrote less than VEC_BLOCK cycles before.
    set(vec::k1, random.in(512, 580));
    const Parameters p = vector::decode(request.registers, request.flags);
    for (int i = 0; i < 4; ++i) set(vec::a + i, random.in(0, bench.middle() - p.rows * p.input_pitch()));
    std::int64_t at = bench.middle() + random.in(0, 9);
    const auto place = [&](int reg, std::int64_t words) {
        set(reg, at);
        at += words + random.in(0, 5);
    };
    for (const vector::MicroOp& m : form.program) {
        if (m.output >= 0) place(vec::o0 + m.output, p.rows * p.output_pitch());
    }
    const std::int64_t blocks = ceil_div<std::int64_t>(p.rows, isa::timing::kVecBlock);
    if (p.nm_f) {
        place(vec::o3, p.packed_rows_f() * p.packed_columns() / 4);
        if (!p.nm_f->dense()) place(vec::o4, p.packed_rows_f() * p.packed_columns() / 16);
    }
    if (p.nm_b) {
        place(vec::o5, p.packed_rows_b() * blocks * 4);
        if (!p.nm_b->dense()) place(vec::o6, p.packed_rows_b() * blocks);
    }
    return request;
}

// CMEM is undefined at first: everything that the operations will use is written.
template <typename Bench>
void fill_coefficients(Bench& bench) {
    constexpr std::int64_t kRows = 64;
    for (std::int64_t first = 0; first < kCoefficientRows; first += kRows) {
        Request request = random_request(bench, Operation::Coefficients);
        request.registers[vec::rows] = kRows;
        request.registers[vec::channels] = bench.lanes();
        request.registers[vec::a] = bench.random.in(0, 100);
        request.registers[vec::b] = bench.random.in(200, 300);
        request.registers[vec::k0] = first;
        bench.dispatch(request);
    }
}

template <typename Model>
void random_operations(int channels, int max_m, std::uint64_t seed) {
    VecBench<Model> bench(channels, max_m, seed);
    fill_coefficients(bench);
    const auto operations = static_cast<std::int64_t>(environment("SATSIM_RTL_EPISODES", 60)) * 5;
    bool coefficients = true;
    for (std::int64_t i = 0; i < operations && !testing::Test::HasFailure(); ++i) {
        const auto operation = static_cast<Operation>(
            i < static_cast<std::int64_t>(vec::kOperations.size())
                ? i
                : bench.random.in(0, static_cast<std::int64_t>(vec::kOperations.size()) - 1));
        SCOPED_TRACE("operation " + std::to_string(i) + ", code " +
                     std::to_string(static_cast<int>(operation)));
        // Operands may be overwritten soon after the release, and results be read after the end.
        if (bench.random.one_in(6)) {
            bench.until_released();
            bench.random.calm = bench.random.one_in(2);
            bench.refill(bench.random.calm || bench.random.one_in(2));
        } else if (bench.random.one_in(6)) {
            bench.until_ended();
            bench.compare();
        } else if (bench.random.one_in(4)) {
            bench.idle(bench.random.in(1, 60));
        }
        // What one operation writes to CMEM another may read VEC_BLOCK cycles later.
        if (coefficients && uses_coefficients(operation)) bench.until_ended();
        coefficients = uses_coefficients(operation);
        bench.dispatch(random_request(bench, operation));
    }
    bench.until_ended();
    bench.compare();
    // In proportion, so that a shorter run (SATSIM_RTL_EPISODES) is no failure.
    EXPECT_GT(bench.words_written(), operations * 10'000 / 300);
    EXPECT_GE(bench.reporting(), operations / 30);
    EXPECT_GE(bench.silent(), operations / 30);
}

TEST(RtlVec, RandomOperationsOnSixteenLanes) {
    random_operations<Vvec_1>(1, 8, environment("SATSIM_RTL_SEED", 21));
}
TEST(RtlVec, RandomOperationsOnThirtyTwoLanes) {
    random_operations<Vvec_2>(2, 16, environment("SATSIM_RTL_SEED", 22));
}

// Statistics, fold and coefficients as programs chain them: without a bubble, through CMEM.
TEST(RtlVec, NormalisationChainWithoutBubbles) {
    VecBench<Vvec_1> bench(1, 8, 5);
    fill_coefficients(bench);
    bench.refill(false);
    for (int round = 0; round < 20 && !testing::Test::HasFailure(); ++round) {
        const std::int64_t slices = bench.random.in(1, 4);
        const std::int64_t channels = slices * 16;
        const bool backward = round % 2 != 0;
        const auto request = [&](Operation operation, std::int64_t rows, std::int64_t columns,
                                 std::int64_t k0, std::int64_t k1, std::uint32_t flags) {
            Request r = random_request(bench, operation);
            r.flags = flags;
            r.registers[vec::rows] = rows;
            r.registers[vec::channels] = columns;
            r.registers[vec::k0] = k0;
            r.registers[vec::k1] = k1;
            for (int i = 0; i < 4; ++i) r.registers[static_cast<std::size_t>(vec::a + i)] = 100 * i;
            for (int i = 0; i < 5; ++i)
                r.registers[static_cast<std::size_t>(vec::o0 + i)] = bench.middle() + 1000 * i;
            return r;
        };
        const Operation sums = backward ? Operation::BnGradStats : Operation::BnStats;
        const Operation last = backward ? Operation::BnGradFinal : Operation::BnFinal;
        const Operation apply = backward ? Operation::BnGradApply : Operation::BnApply;
        bench.dispatch(request(sums, bench.random.in(1, 40), channels, 0, 300, vec::kFirst));
        bench.dispatch(request(sums, bench.random.in(1, 40), channels, 0, 300, 0));
        bench.dispatch(request(Operation::Fold, slices, 16, 0, 200, 0));
        bench.dispatch(request(last, slices, 16, 200, 0, 0));
        bench.dispatch(request(Operation::Coefficients, slices, 16, 400, 0, 0));
        bench.dispatch(request(apply, bench.random.in(1, 20), channels, 400, 420, 0));
        if (bench.random.one_in(3)) bench.until_ended(), bench.compare();
    }
    bench.until_ended();
    bench.compare();
}

}  // namespace
}  // namespace satsim
