#include "sim/fast/address_phase.hpp"

namespace satsim::fast {
namespace {

// A walk over a grid, `dx` bytes from column to column, `dy` from row to row, `db` from image to image.
std::uint64_t phase(const cycle::Position& at, const cycle::Grid& grid, std::int64_t address, bool uniform,
                    const isa::ArrayConfig& config) {
    const std::int64_t burst = std::int64_t{config.line_bytes()} * config.burst_lines;
    const auto rest = static_cast<std::uint64_t>((address % burst + burst) % burst);
    if (uniform) return rest;
    return rest + static_cast<std::uint64_t>((at.y * grid.w + at.x + 1) * burst);
}

bool even(const cycle::Grid& grid, std::int64_t dx, std::int64_t dy, std::int64_t db) {
    return grid.w * dx == dy && grid.h * dy == db;
}

}  // namespace

std::uint64_t address_phase(const cycle::LoadOperation& op, const isa::ArrayConfig& config) {
    const bool inside = op.ox >= 0 && op.oy >= 0 && (op.grid.w - 1) * op.sx + op.ox < op.in_w &&
                        (op.grid.h - 1) * op.sy + op.oy < op.in_h;
    const std::int64_t address = op.base + op.seek_to.b * op.pb + (op.seek_to.y * op.sy + op.oy) * op.py +
                                 (op.seek_to.x * op.sx + op.ox) * op.px;
    return phase(op.seek_to, op.grid, address, inside && even(op.grid, op.px * op.sx, op.py * op.sy, op.pb),
                 config);
}

std::uint64_t address_phase(const cycle::StoreOperation& op, const isa::ArrayConfig& config) {
    const std::int64_t address = op.base + op.seek_to.b * op.pb + op.seek_to.y * op.py + op.seek_to.x * op.px;
    return phase(op.seek_to, op.grid, address, even(op.grid, op.px, op.py, op.pb), config);
}

}  // namespace satsim::fast
