#include "sim/cycle/footprint.hpp"

#include <algorithm>

namespace satsim::cycle {
namespace {

// Least and greatest of coordinate * pitch over first..last.
struct Reach {
    std::int64_t low;
    std::int64_t high;
};
Reach reach(std::int64_t first, std::int64_t last, std::int64_t pitch) {
    return {std::min(first * pitch, last * pitch), std::max(first * pitch, last * pitch)};
}

}  // namespace

Footprint Footprint::of(isa::Engine engine, std::span<const std::int64_t> registers, std::uint32_t flags,
                        const Position& saved) {
    switch (engine) {
        case isa::Engine::Load: {
            const auto op = LoadOperation::from(registers, flags);
            return {op, op.seek ? op.seek_to : saved};
        }
        case isa::Engine::Store: {
            const auto op = StoreOperation::from(registers, flags);
            return {op, op.seek ? op.seek_to : saved};
        }
        case isa::Engine::Stce:
            return Footprint(GemmOperation::from(registers, flags));
        case isa::Engine::Vec:
            break;
    }
    return {VecOperation::from(registers), registers[static_cast<std::size_t>(isa::vec::op)]};
}

// The positions of an operation, row by row and image by image.
void Footprint::cover(const Grid& grid, const Position& start, std::int64_t count) {
    transfers_ = true;
    start_ = start;
    const std::int64_t last = (start.y * grid.w + start.x) + count - 1;
    last_image_ = start.b + last / (grid.w * grid.h);
    const bool one_image = last_image_ == start.b;
    const std::int64_t last_row = last / grid.w;
    const bool one_row = one_image && last_row == start.y;
    // A position that reaches the end of its row or map goes on at the beginning of the next.
    x_ = {one_row ? start.x : 0, one_row ? last % grid.w : grid.w - 1, 0, grid.w - 1};
    y_ = {one_image ? start.y : 0, one_image ? last_row : grid.h - 1, 0, grid.h - 1};
}

Footprint::Footprint(const LoadOperation& op, const Position& start)
    : sizes_{op.len, op.px, op.py,   op.pb,   op.grid.w, op.grid.h,  op.sx,    op.sy,
             op.ox,  op.oy, op.in_w, op.in_h, op.count,  op.advance, op.copies} {
    cover(op.grid, start, op.count);
    // Inside: no position visited is padding, and none of those that it may move to.
    x_.from = std::max(x_.from, op.first_x(0));
    x_.to = std::min(x_.to, op.first_x(op.in_w));
    y_.from = std::max(y_.from, op.first_y(0));
    y_.to = std::min(y_.to, op.first_y(op.in_h));
    const auto clipped = [](std::int64_t at, std::int64_t end) {
        return std::clamp<std::int64_t>(at, 0, end - 1);
    };
    const Reach images = reach(start.b, last_image_, op.pb);
    const Reach rows =
        reach(clipped(y_.first * op.sy + op.oy, op.in_h), clipped(y_.last * op.sy + op.oy, op.in_h), op.py);
    const Reach columns =
        reach(clipped(x_.first * op.sx + op.ox, op.in_w), clipped(x_.last * op.sx + op.ox, op.in_w), op.px);
    low_ = op.base + images.low + rows.low + columns.low;
    high_ = op.base + images.high + rows.high + columns.high + op.len;
    address_ =
        op.base + start.b * op.pb + (start.y * op.sy + op.oy) * op.py + (start.x * op.sx + op.ox) * op.px;
}

Footprint::Footprint(const StoreOperation& op, const Position& start)
    : sizes_{op.len,   op.px,      op.py,  op.pb, op.grid.w, op.grid.h, static_cast<std::int64_t>(op.source),
             op.count, op.advance, op.fp16} {
    cover(op.grid, start, op.count);
    const Reach images = reach(start.b, last_image_, op.pb);
    const Reach rows = reach(y_.first, y_.last, op.py);
    const Reach columns = reach(x_.first, x_.last, op.px);
    low_ = op.base + images.low + rows.low + columns.low;
    high_ = op.base + images.high + rows.high + columns.high + op.len;
    address_ = op.base + start.b * op.pb + start.y * op.py + start.x * op.px;
}

Footprint::Footprint(const GemmOperation& op)
    : sizes_{op.groups,  op.sr,    op.sc,   op.n,     op.m,  op.rows,
             op.batches, op.first, op.last, op.dense, op.ws, op.transposed} {}

Footprint::Footprint(const VecOperation& op, std::int64_t code)
    : sizes_{code,
             op.rows,
             op.channels,
             op.slots,
             op.writes,
             op.along_rows.n,
             op.along_rows.m,
             op.along_columns.n,
             op.along_columns.m} {}

std::int64_t Footprint::Span::periods(std::int64_t step) const {
    if (step == 0) return kUnlimited;
    if (first < from || last >= to) return 0;
    return step > 0 ? (to - 1 - last) / step : (first - from) / -step;
}

std::int64_t Footprint::periods_inside(const Footprint& earlier) const {
    const std::int64_t dx = start_.x - earlier.start_.x;
    const std::int64_t dy = start_.y - earlier.start_.y;
    if (dx == 0 && dy == 0) return kUnlimited;
    if (last_image_ != start_.b || (dx != 0 && y_.first != y_.last)) return 0;
    // An axis that does not move keeps its padding.
    return std::min(x_.periods(dx), y_.periods(dy));
}

}  // namespace satsim::cycle
