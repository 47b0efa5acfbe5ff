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

std::int64_t LoadWalk::first_x(std::int64_t column) const {
    const std::int64_t distance = column - op_.ox;
    if (distance <= 0) return 0;
    return op_.sx > 0 ? ceil_div(distance, op_.sx) : std::numeric_limits<std::int64_t>::max();
}

LoadWalk::LoadWalk(const LoadOperation& operation, const Position& start)
    : op_(operation), at_(start), left_(operation.count) {
    valid_from_ = first_x(0);
    valid_to_ = first_x(op_.in_w);
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
