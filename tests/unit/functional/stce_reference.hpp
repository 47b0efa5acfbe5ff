// STCE written down element by element from contract.md §5, as slow and plain as possible.
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <tuple>

#include "runtime/functional/on_chip_state.hpp"
#include "runtime/functional/operation.hpp"
#include "runtime/numerics/accumulate.hpp"

namespace satsim::functional::reference {

class Stce {
  public:
    // Works on the buffers of `state`, accumulators excepted: those are its own.
    explicit Stce(OnChipState& state) : state_(state), lw_(state.config.line_words()) {}

    void execute(const Operation& op) {
        if (op.has(isa::stce::kWs)) {
            weight_stationary(op);
        } else {
            output_stationary(op);
        }
    }

  private:
    using Key = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>;  // r, c, s, cs

    [[nodiscard]] Fp16 west(std::int64_t row, std::int64_t word, std::int64_t element) const {
        return {state_.west[static_cast<std::size_t>(row * state_.west_row_pitch + word * 4 + element)]};
    }

    // West element e of group g for (r, s).
    [[nodiscard]] Fp16 west_os(const Operation& op, std::int64_t g, std::int64_t e, std::int64_t r,
                               std::int64_t s) const {
        using namespace isa::stce;
        const std::int64_t k = g * op[m] + e;
        if (op.has(kTransposed)) {
            const std::int64_t p = s * state_.config.rows + r;
            return west(r, (op[wa] + k * op[wstride]) * lw_ + p / 4, p % 4);
        }
        return west(r, (op[wa] + s * op[wstride]) * lw_ + k / 4, e % 4);
    }

    struct North {
        Fp16 value;
        std::int64_t index;
    };
    [[nodiscard]] North north(const Operation& op, std::int64_t g, std::int64_t j, std::int64_t cs,
                              std::int64_t c) const {
        using namespace isa::stce;
        const std::int64_t row = g * op[n] + j;
        const std::int64_t width = op[sc] * state_.config.columns;
        const std::int64_t x = cs * state_.config.columns + c;
        const Fp16 value{state_.north_values[static_cast<std::size_t>(op[nv] * 4 + row * width + x)]};
        if (op.has(kDense)) return {value, j};
        std::int64_t pitch = width;  // a row of indices begins at a word of 16
        while (pitch % 16 != 0) ++pitch;
        const std::int64_t nibble = op[ni] * 4 + row * pitch + x;
        const int byte = state_.north_indices[static_cast<std::size_t>(nibble / 2)];
        return {value, nibble % 2 == 0 ? byte & 15 : byte >> 4};
    }

    // Result addresses count modulo RD.
    [[nodiscard]] std::size_t place(std::int64_t address, std::int64_t c) const {
        return static_cast<std::size_t>(address % state_.config.result_addresses * state_.config.columns + c);
    }

    void put(const Operation& op, std::int64_t address, std::int64_t c, float value) {
        state_.result[place(address, c)] =
            op.has(isa::stce::kOutFp16) ? numerics::to_fp16(value).bits : std::bit_cast<std::uint32_t>(value);
    }

    void output_stationary(const Operation& op) {
        using namespace isa::stce;
        for (std::int64_t r = 0; r < state_.config.rows; ++r) {
            for (std::int64_t c = 0; c < state_.config.columns; ++c) {
                for (std::int64_t s = 0; s < op[sr]; ++s) {
                    for (std::int64_t cs = 0; cs < op[sc]; ++cs) output(op, r, c, s, cs);
                }
            }
        }
    }

    void output(const Operation& op, std::int64_t r, std::int64_t c, std::int64_t s, std::int64_t cs) {
        using namespace isa::stce;
        float& acc = accumulators_[{r, c, s, cs}];
        if (op.has(kFirst)) acc = 0;
        for (std::int64_t g = 0; g < op[groups]; ++g) {
            for (std::int64_t j = 0; j < op[n]; ++j) {
                const North pair = north(op, g, j, cs, c);
                if (pair.value.is_zero()) continue;
                acc =
                    numerics::add_rne(acc, numerics::mul_exact(west_os(op, g, pair.index, r, s), pair.value));
            }
        }
        if (!op.has(kLast) || r >= op[rows]) return;
        const std::int64_t rr = state_.config.rows;
        const std::int64_t p = s * rr + r;
        put(op, op[ra] + p * op[sc] + cs, c, acc);
    }

    void weight_stationary(const Operation& op) {
        using namespace isa::stce;
        for (std::int64_t p = 0; p < op[batches] * op[sr]; ++p) {
            for (std::int64_t c = 0; c < state_.config.columns; ++c) {
                const std::size_t at = place(op[ra] + p, c);
                float sum = op.has(kFirst) ? 0.0F : std::bit_cast<float>(state_.result[at]);
                for (std::int64_t g = 0; g < op[groups]; ++g) {
                    for (std::int64_t j = 0; j < op[n]; ++j) {
                        const North pair = north(op, g, j, 0, c);
                        if (pair.value.is_zero()) continue;
                        const std::int64_t k = g * op[m] + pair.index;
                        const Fp16 a = west(g, (op[wa] + p * op[wstride]) * lw_ + k / 4, pair.index % 4);
                        sum = numerics::add_rne(sum, numerics::mul_exact(a, pair.value));
                    }
                }
                put(op, op[ra] + p, c, sum);
            }
        }
    }

    OnChipState& state_;
    std::int64_t lw_;
    std::map<Key, float> accumulators_;
};

}  // namespace satsim::functional::reference
