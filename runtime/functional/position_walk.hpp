// The walk of LOAD and STORE over (image, grid row, grid column); contract.md §4 "Positions".
#pragma once

#include <fmt/format.h>

#include "runtime/functional/on_chip_state.hpp"
#include "runtime/functional/operation.hpp"

namespace satsim::functional {

inline constexpr std::uint64_t kAddressMask = (std::uint64_t{1} << isa::kRegisterBits) - 1;

// Addresses are computed modulo 2^40.
[[nodiscard]] constexpr std::int64_t wrap_address(std::int64_t address) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(address) & kAddressMask);
}

// base + b*pb + row*py + column*px, modulo 2^40.
[[nodiscard]] constexpr std::int64_t tensor_address(std::int64_t base, std::int64_t b, std::int64_t pb,
                                                    std::int64_t row, std::int64_t py, std::int64_t column,
                                                    std::int64_t px) {
    const auto u = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    return static_cast<std::int64_t>((u(base) + u(b) * u(pb) + u(row) * u(py) + u(column) * u(px)) &
                                     kAddressMask);
}

// visit(i, position) for `count` positions from `start` (SEEK) or `saved` on; ADVANCE updates `saved`.
template <typename Visit>
void walk_positions(const Operation& op, std::int64_t grid_w, std::int64_t grid_h, std::int64_t count,
                    const Position* start, bool advance, Position& saved, Visit&& visit) {
    Position p = start != nullptr ? *start : saved;
    if (p.x >= grid_w || p.y >= grid_h) {
        fail(op, fmt::format(
                     "the saved position (row {}, column {}) lies outside the grid of {} rows and {} columns",
                     p.y, p.x, grid_h, grid_w));
    }
    for (std::int64_t i = 0; i < count; ++i) {
        visit(i, p);
        if (++p.x < grid_w) continue;
        p.x = 0;
        if (++p.y < grid_h) continue;
        p.y = 0;
        ++p.b;
    }
    if (advance) saved = p;
}

}  // namespace satsim::functional
