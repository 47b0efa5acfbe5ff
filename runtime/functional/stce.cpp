#include "runtime/functional/stce.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "runtime/functional/stce_kernel.hpp"
#include "runtime/functional/stce_operands.hpp"
#include "runtime/numerics/accumulate.hpp"
#include "runtime/support/types.hpp"

namespace satsim::functional {
namespace {

using namespace isa::stce;

// What the result buffer holds of a finished sum.
std::uint32_t result_bits(float sum, bool fp16) {
    return fp16 ? numerics::to_fp16(sum).bits : std::bit_cast<std::uint32_t>(sum);
}

void open_chain(const Operation& op, OnChipState& state) {
    if (op.has(kFirst)) {
        const std::int64_t columns = op[sc] * state.config.columns;
        const std::int64_t lanes = op[sr] * state.config.rows;
        for (std::int64_t x = 0; x < columns; ++x) {
            std::fill_n(state.accumulators.begin() + x * state.lane_pitch, lanes, 0.0F);
        }
        state.chain_sr = op[sr];
        state.chain_sc = op[sc];
    } else if (state.chain_sr == 0) {
        fail(op, "continues (no FIRST), and no operation since the last LAST has begun a chain");
    } else if (state.chain_sr != op[sr] || state.chain_sc != op[sc]) {
        fail(op, fmt::format("continues with sr {} and sc {} a chain of sr {} and sc {}", op[sr], op[sc],
                             state.chain_sr, state.chain_sc));
    }
}

void drain(const Operation& op, OnChipState& state) {
    const std::int64_t array_rows = state.config.rows;
    const std::int64_t columns = state.config.columns;
    for (std::int64_t s = 0; s < op[sr]; ++s) {
        for (std::int64_t r = 0; r < op[rows]; ++r) {
            const std::int64_t p = s * array_rows + r;
            const float* const sums = state.accumulators.data() + s * array_rows + r;
            for (std::int64_t cs = 0; cs < op[sc]; ++cs) {
                std::uint32_t* const out = state.result_row(op[ra] + p * op[sc] + cs);
                for (std::int64_t c = 0; c < columns; ++c) {
                    const float sum = sums[(cs * columns + c) * state.lane_pitch];
                    out[c] = result_bits(numerics::canonical(sum), op.has(kOutFp16));
                }
            }
        }
    }
}

void execute_os(const Operation& op, OnChipState& state) {
    open_chain(op, state);
    accumulate(op, state, os_lanes(op, state), state.accumulators.data(), state.lane_pitch);
    if (!op.has(kLast)) return;
    drain(op, state);
    state.chain_sr = 0;
}

void execute_ws(const Operation& op, OnChipState& state) {
    state.chain_sr = 0;  // partial sums pass through the accumulators
    const std::int64_t positions = op[batches] * op[sr];
    const std::int64_t columns = state.config.columns;
    const std::int64_t pitch = round_up(positions, kLaneBlock);
    const std::vector<bool> touched = columns_with_values(op, state);
    std::vector<float> sums(static_cast<std::size_t>(columns * pitch), 0.0F);
    if (!op.has(kFirst)) {
        for (std::int64_t p = 0; p < positions; ++p) {
            const std::uint32_t* const row = state.result_row(op[ra] + p);
            for (std::int64_t c = 0; c < columns; ++c) {
                const auto earlier = std::bit_cast<float>(row[c]);
                // An adder reads its input as canonical; a column without any addition passes it on as it is.
                sums[static_cast<std::size_t>(c * pitch + p)] =
                    touched[static_cast<std::size_t>(c)] ? numerics::canonical(earlier) : earlier;
            }
        }
    }
    accumulate(op, state, ws_lanes(op, state), sums.data(), pitch);
    for (std::int64_t p = 0; p < positions; ++p) {
        std::uint32_t* const row = state.result_row(op[ra] + p);
        for (std::int64_t c = 0; c < columns; ++c) {
            const float sum = sums[static_cast<std::size_t>(c * pitch + p)];
            row[c] = result_bits(touched[static_cast<std::size_t>(c)] ? numerics::canonical(sum) : sum,
                                 op.has(kOutFp16));
        }
    }
}

}  // namespace

void execute_stce(const Operation& op, OnChipState& state) {
    check_operation(op, state.config);
    if (op.has(kWs)) {
        execute_ws(op, state);
    } else {
        execute_os(op, state);
    }
}

}  // namespace satsim::functional
