#include "runtime/functional/on_chip_state.hpp"

#include <fmt/format.h>

#include "runtime/functional/stce_kernel.hpp"
#include "runtime/isa/rules.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/types.hpp"

namespace satsim::functional {
namespace {

const isa::ArrayConfig& checked(const isa::ArrayConfig& c) {
    if (const auto fault = isa::config_fault(c)) throw InputError("array configuration", "", *fault);
    const Bytes lines =
        std::int64_t{c.rows} * c.west_lines + c.north_value_lines + c.north_index_lines + c.vmem_lines;
    const Bytes bytes =
        lines * c.line_bytes() + std::int64_t{4} * c.columns * (c.result_addresses + c.slots * c.rows);
    if (bytes > OnChipState::kMaxBytes) {
        throw InputError("array configuration", "",
                         fmt::format("on-chip memories of {} bytes, at most {} can be simulated", bytes,
                                     OnChipState::kMaxBytes));
    }
    return c;
}

// Keeps equal places of different rows out of each other's cache sets; elements.
constexpr std::int64_t kRowGap = 64;

std::size_t size(std::int64_t count) {
    return static_cast<std::size_t>(count);
}

}  // namespace

OnChipState::OnChipState(const isa::ArrayConfig& array)
    : config(checked(array)),
      west_row_pitch(std::int64_t{config.west_lines} * config.line_bytes() / 2 + kRowGap),
      lane_pitch(round_up<std::int64_t>(std::int64_t{config.slots} * config.rows, kLaneBlock)) {
    west.resize(size(config.rows * west_row_pitch));
    north_values.resize(size(std::int64_t{config.north_value_lines} * config.line_bytes() / 2));
    north_indices.resize(size(std::int64_t{config.north_index_lines} * config.line_bytes()));
    result.resize(size(std::int64_t{config.result_addresses} * config.columns));
    vmem.resize(size(std::int64_t{config.vmem_lines} * config.line_words()));
    accumulators.resize(size(std::int64_t{config.slots} * config.columns * lane_pitch));
}

}  // namespace satsim::functional
