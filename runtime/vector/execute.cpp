#include "runtime/vector/execute.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/vector/arithmetic.hpp"
#include "runtime/vector/micro_program.hpp"
#include "runtime/vector/sore.hpp"

namespace satsim::vector {
namespace {

using Row = std::span<float>;
using ConstRow = std::span<const float>;

// One operation while it runs: a block of rows at a time, all micro-operations of the block in turn.
class Runner {
  public:
    Runner(const Parameters& p, std::span<std::uint64_t> vmem, CoefficientMemory& cmem)
        : p_(p),
          form_(form_of(p.operation)),
          vmem_(vmem),
          cmem_(cmem),
          lanes_(cmem.lanes()),
          old_(lanes_),
          new_(lanes_),
          kept_(size(kBlockRows), 1),
          scratch_a_(size(1)),
          scratch_b_(size(1)),
          scratch_c_(size(1)),
          result_(size(1)) {
        for (std::vector<float>& t : temporaries_) t.assign(size(kBlockRows), 0.0F);
    }

    // A checked result was infinite or NaN.
    [[nodiscard]] bool run() {
        const std::int64_t slices = ceil_div<std::int64_t>(p_.channels, lanes_);
        const std::int64_t blocks = ceil_div<std::int64_t>(p_.rows, kBlockRows);
        for (slice_ = 0; slice_ < slices; ++slice_) {
            valid_lanes_ = static_cast<int>(std::min<std::int64_t>(lanes_, p_.channels - slice_ * lanes_));
            for (block_ = 0; block_ < blocks; ++block_) run_block();
        }
        return nonfinite_;
    }

  private:
    [[nodiscard]] std::size_t size(int rows) const { return static_cast<std::size_t>(rows * lanes_); }

    void run_block() {
        rows_ = static_cast<int>(std::min<std::int64_t>(kBlockRows, p_.rows - block_ * kBlockRows));
        if (p_.packs()) new_.clear();
        const bool decays = form_.optimizer && p_.has(isa::vec::kDecay) && p_.nm_f;
        int fold = 0;
        for (const MicroOp& m : form_.program) {
            if (m.function == Function::FoldNext) ++fold;
            if (m.rank && decays) old_.clear();
            for (int r = 0; r < kBlockRows; ++r) {
                if (r < rows_) {
                    step(m, r, fold);
                } else {
                    clear_accumulators(m, r);
                }
            }
            if (m.rank && decays) old_.keep_along_rows(*p_.nm_f, kept_);
        }
        if (p_.packs()) new_.pack(p_, slice_, block_, vmem_);
    }

    // ---- operands

    [[nodiscard]] Row temporary(int t, int r) {
        return Row(temporaries_[static_cast<std::size_t>(t)]).subspan(size(r), size(1));
    }
    [[nodiscard]] std::int64_t row_number(int r) const { return block_ * kBlockRows + r; }
    [[nodiscard]] std::int64_t coefficient_index(int r) const {
        return form_.vector_indexed ? row_number(r) : slice_;
    }
    [[nodiscard]] Row accumulator(int bank, int r) {
        return cmem_.row(bank, p_.k0 + slice_ * kBlockRows + r);
    }

    ConstRow read_vmem(int operand, int r, std::vector<float>& out) {
        const bool wide = p_.wide_input();
        const std::int64_t per_word = wide ? 2 : 4;
        const std::int64_t word = p_.operands[static_cast<std::size_t>(operand)] +
                                  row_number(r) * p_.input_pitch() + slice_ * lanes_ / per_word;
        for (int lane = 0; lane < lanes_; ++lane) {
            float& value = out[static_cast<std::size_t>(lane)];
            if (lane >= valid_lanes_) {
                value = 0.0F;
                continue;
            }
            const std::uint64_t bits = vmem_[static_cast<std::size_t>(word + lane / per_word)];
            const auto part = static_cast<unsigned>(lane % per_word);
            value = wide ? canonical(std::bit_cast<float>(static_cast<std::uint32_t>(bits >> (32 * part))))
                         : numerics::to_float(Fp16{static_cast<std::uint16_t>(bits >> (16 * part))});
        }
        return out;
    }

    ConstRow constant(float value, std::vector<float>& out) const {
        std::fill(out.begin(), out.end(), value);
        return out;
    }

    ConstRow decay(int r, std::vector<float>& out) const {
        for (int lane = 0; lane < lanes_; ++lane) {
            const bool kept = kept_[size(r) + static_cast<std::size_t>(lane)] != 0;
            out[static_cast<std::size_t>(lane)] = p_.scalars[kept ? 1 : 9];
        }
        return out;
    }

    ConstRow fetch(Source source, int r, std::vector<float>& out) {
        const auto number = [&](Source first) { return static_cast<int>(source) - static_cast<int>(first); };
        switch (source) {
            case Source::A:
            case Source::B:
            case Source::C:
            case Source::D:
                return read_vmem(number(Source::A), r, out);
            case Source::T0:
            case Source::T1:
            case Source::T2:
            case Source::T3:
                return temporary(number(Source::T0), r);
            case Source::K0Bank0:
            case Source::K0Bank1:
                return cmem_.row(number(Source::K0Bank0), p_.k0 + coefficient_index(r));
            case Source::K1Bank0:
            case Source::K1Bank1:
                return cmem_.row(number(Source::K1Bank0), p_.k1 + coefficient_index(r));
            case Source::Decay:
                return decay(r, out);
            case Source::None:
                return constant(0.0F, out);
            default:
                return constant(p_.scalars[static_cast<std::size_t>(number(Source::S0))], out);
        }
    }

    // ---- one micro-operation on one row

    void step(const MicroOp& m, int r, int fold) {
        const ConstRow a = fetch(m.a, r, scratch_a_);
        const ConstRow b = fetch(m.b, r, scratch_b_);
        const ConstRow c = fetch(m.c, r, scratch_c_);
        switch (m.function) {
            case Function::Pass:
                each([&](std::size_t l) { return a[l]; });
                break;
            case Function::Multiply:
                each([&](std::size_t l) { return mul_rne(a[l], b[l]); });
                break;
            case Function::MultiplyAdd:
                each([&](std::size_t l) { return mad_rne(a[l], b[l], c[l]); });
                break;
            case Function::MultiplySubtract:
                each([&](std::size_t l) { return negative_mad_rne(a[l], b[l], c[l]); });
                break;
            case Function::Add:
                each([&](std::size_t l) { return add_rne(a[l], c[l]); });
                break;
            case Function::Gate:
                each([&](std::size_t l) { return gate(a[l], b[l]); });
                break;
            case Function::SquareRoot:
                each([&](std::size_t l) { return sqrt_rne(a[l]); });
                break;
            case Function::Divide:
                each([&](std::size_t l) { return div_rne(a[l], b[l]); });
                break;
            case Function::Accumulate:
                accumulate(0, r, [&](std::size_t l) { return a[l]; });
                return;
            case Function::AccumulateTwo:
                accumulate(0, r, [&](std::size_t l) { return a[l]; });
                accumulate(1, r, [&](std::size_t l) { return mul_rne(a[l], b[l]); });
                return;
            case Function::AccumulateSquare:
                accumulate(0, r, [&](std::size_t l) { return a[l]; });
                accumulate(1, r, [&](std::size_t l) { return mul_rne(a[l], a[l]); });
                return;
            case Function::FoldFirst:
            case Function::FoldNext:
                fold_step(r, fold);
                std::ranges::copy(temporary(0, r), result_.begin());
                break;
            case Function::StoreBanks:
                for (const int bank : {0, 1})
                    std::ranges::copy(temporary(bank, r), cmem_.row(bank, p_.k1 + row_number(r)).begin());
                return;
            case Function::LoadBank0:
            case Function::LoadBank1:
                std::ranges::copy(
                    a, cmem_.row(m.function == Function::LoadBank0 ? 0 : 1, p_.k0 + row_number(r)).begin());
                return;
        }
        leave(m, r);
    }

    template <typename Value>
    void each(Value&& value) {
        for (std::size_t lane = 0; lane < size(1); ++lane) result_[lane] = value(lane);
    }

    template <typename Value>
    void accumulate(int bank, int r, Value&& value) {
        const Row sum = accumulator(bank, r);
        const bool fresh = p_.has(isa::vec::kFirst) && block_ == 0;
        for (std::size_t lane = 0; lane < size(1); ++lane)
            sum[lane] = add_rne(fresh ? 0.0F : sum[lane], value(lane));
    }

    // Rows of the first block that the matrix does not have leave accumulators of +0 behind.
    void clear_accumulators(const MicroOp& m, int r) {
        if (!p_.has(isa::vec::kFirst) || block_ != 0) return;
        const bool two = m.function == Function::AccumulateTwo || m.function == Function::AccumulateSquare;
        if (m.function != Function::Accumulate && !two) return;
        std::ranges::fill(accumulator(0, r), 0.0F);
        if (two) std::ranges::fill(accumulator(1, r), 0.0F);
    }

    void fold_step(int r, int slot) {
        for (const int bank : {0, 1}) {
            const Row from = cmem_.row(bank, p_.k0 + row_number(r) * kBlockRows + slot);
            const Row to = temporary(bank, r);
            for (std::size_t lane = 0; lane < size(1); ++lane)
                to[lane] = slot == 0 ? from[lane] : add_rne(to[lane], from[lane]);
        }
    }

    // ---- the way out

    void leave(const MicroOp& m, int r) {
        const bool clamp =
            m.after == After::Relu || (m.after == After::ReluIfFlagged && p_.has(isa::vec::kRelu));
        if (clamp) std::ranges::transform(result_, result_.begin(), relu);
        if (m.after == After::Negate) std::ranges::transform(result_, result_.begin(), negated);
        if (m.temporary >= 0) std::ranges::copy(result_, temporary(m.temporary, r).begin());
        if (m.check) check();
        if (m.output >= 0) write_vmem(m.output, r);
        if (m.rank) to_sore(old_, r);
        if (m.pack) to_sore(new_, r);
    }

    void check() {
        for (const float value : std::span(result_).first(static_cast<std::size_t>(valid_lanes_)))
            nonfinite_ = nonfinite_ || !std::isfinite(value);
    }

    void to_sore(SoreBlock& block, int r) const {
        const std::span<std::uint16_t> row = block.row(r);
        for (int lane = 0; lane < valid_lanes_; ++lane) {
            const auto l = static_cast<std::size_t>(lane);
            row[l] = numerics::to_fp16(result_[l]).bits;
        }
    }

    // Whole words; elements beyond the last channel are +0.
    void write_vmem(int output, int r) {
        const bool wide = form_.wide_outputs;
        const int per_word = wide ? 2 : 4;
        const std::int64_t word = p_.results[static_cast<std::size_t>(output)] +
                                  row_number(r) * p_.output_pitch() + slice_ * lanes_ / per_word;
        for (int first = 0; first < valid_lanes_; first += per_word) {
            std::uint64_t bits = 0;
            for (int part = 0; part < per_word && first + part < valid_lanes_; ++part) {
                const float value = result_[static_cast<std::size_t>(first + part)];
                const std::uint64_t element =
                    wide ? std::bit_cast<std::uint32_t>(value) : numerics::to_fp16(value).bits;
                bits |= element << (part * 64 / per_word);
            }
            vmem_[static_cast<std::size_t>(word + first / per_word)] = bits;
        }
    }

    const Parameters& p_;
    const OperationForm& form_;
    std::span<std::uint64_t> vmem_;
    CoefficientMemory& cmem_;
    int lanes_;
    SoreBlock old_;
    SoreBlock new_;
    std::vector<std::uint8_t> kept_;  // [row][lane] of the block: inside m_f of the old weights
    std::array<std::vector<float>, 4> temporaries_;  // [row][lane]
    std::vector<float> scratch_a_, scratch_b_, scratch_c_, result_;
    std::int64_t slice_ = 0;
    std::int64_t block_ = 0;
    int rows_ = 0;
    int valid_lanes_ = 0;
    bool nonfinite_ = false;
};

}  // namespace

bool execute_vector(const Parameters& parameters, std::span<std::uint64_t> vmem, CoefficientMemory& cmem) {
    return Runner(parameters, vmem, cmem).run();
}

}  // namespace satsim::vector
