#include "sim/cycle/load_operation.hpp"

#include <limits>

#include "runtime/support/types.hpp"

namespace satsim::cycle {

LoadOperation LoadOperation::from(std::span<const std::int64_t> registers, std::uint32_t flags) {
    namespace load = isa::load;
    const auto reg = [&](load::Register name) { return registers[static_cast<std::size_t>(name)]; };
    LoadOperation op;
    op.base = reg(load::base);
    op.len = reg(load::len);
    op.px = reg(load::px);
    op.py = reg(load::py);
    op.pb = reg(load::pb);
    op.grid = {reg(load::grid_w), reg(load::grid_h)};
    op.sx = reg(load::sx);
    op.sy = reg(load::sy);
    op.ox = reg(load::ox);
    op.oy = reg(load::oy);
    op.in_w = reg(load::in_w);
    op.in_h = reg(load::in_h);
    op.seek_to = {reg(load::b0), reg(load::y0), reg(load::x0)};
    op.count = reg(load::count);
    op.seek = (flags & load::kSeek) != 0;
    op.advance = (flags & load::kAdvance) != 0;
    constexpr std::int64_t kWestQuads = 5;
    if (reg(load::dest_kind) == kWestQuads) op.copies = 4;
    return op;
}

void LoadOperation::walk(StateWalk& state) {
    state.moving(base);
    for (const std::int64_t value :
         {len, px, py, pb, grid.w, grid.h, sx, sy, ox, oy, in_w, in_h, std::int64_t{advance}})
        state.same(value);
}

namespace {
std::int64_t first_at(std::int64_t distance, std::int64_t stride) {
    if (distance <= 0) return 0;
    return stride > 0 ? ceil_div(distance, stride) : std::numeric_limits<std::int64_t>::max();
}
}  // namespace

std::int64_t LoadOperation::first_x(std::int64_t column) const {
    return first_at(column - ox, sx);
}
std::int64_t LoadOperation::first_y(std::int64_t row) const {
    return first_at(row - oy, sy);
}

LoadWalk::LoadWalk(const LoadOperation& operation, const Position& start)
    : op_(operation), at_(start), left_(operation.count) {
    valid_from_ = op_.first_x(0);
    valid_to_ = op_.first_x(op_.in_w);
}

void LoadWalk::walk(StateWalk& state) {
    op_.walk(state);
    at_.walk(state);
    state.same(left_);
}

LoadRun LoadWalk::next() {
    LoadRun run;
    std::int64_t n = op_.grid.left_in_row(at_, left_);
    const std::int64_t iy = at_.y * op_.sy + op_.oy;
    if (iy < 0 || iy >= op_.in_h || at_.x >= valid_to_) {
        run.zeros = true;
    } else if (at_.x < valid_from_) {
        run.zeros = true;
        n = std::min(n, valid_from_ - at_.x);
    } else {
        const std::int64_t ix = at_.x * op_.sx + op_.ox;
        n = std::min(n, valid_to_ - at_.x);
        run.step = op_.sx * op_.px;
        run.address = (op_.base + at_.b * op_.pb + iy * op_.py + ix * op_.px) & kAddressMask;
        const std::int64_t last = run.address + (n - 1) * run.step;
        if (last < 0 || last + op_.len > kAddressMask) n = 1;  // wraps on the way
    }
    run.positions = n;
    op_.grid.step(at_, n);
    left_ -= n;
    return run;
}

}  // namespace satsim::cycle
