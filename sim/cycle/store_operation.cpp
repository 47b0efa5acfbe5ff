#include "sim/cycle/store_operation.hpp"

#include <algorithm>

namespace satsim::cycle {

StoreOperation StoreOperation::from(std::span<const std::int64_t> registers, std::uint32_t flags) {
    namespace store = isa::store;
    const auto reg = [&](store::Register name) { return registers[static_cast<std::size_t>(name)]; };
    StoreOperation op;
    op.base = reg(store::base);
    op.len = reg(store::len);
    op.px = reg(store::px);
    op.py = reg(store::py);
    op.pb = reg(store::pb);
    op.grid = {reg(store::grid_w), reg(store::grid_h)};
    op.seek_to = {reg(store::b0), reg(store::y0), reg(store::x0)};
    op.count = reg(store::count);
    op.source = static_cast<StoreSource>(reg(store::src_kind) & 3);
    op.seek = (flags & store::kSeek) != 0;
    op.advance = (flags & store::kAdvance) != 0;
    op.fp16 = (flags & store::kFp16) != 0;
    return op;
}

void StoreOperation::walk(StateWalk& state) {
    state.moving(base);
    for (const std::int64_t value : {len, px, py, pb, grid.w, grid.h, static_cast<std::int64_t>(source),
                                     std::int64_t{advance}, std::int64_t{fp16}})
        state.same(value);
}

void StoreWalk::walk(StateWalk& state) {
    op_.walk(state);
    at_.walk(state);
    for (const std::int64_t value : {left_, run_offset_, run_bytes_, phase_}) state.same(value);
    if (run_bytes_ > 0) state.moving(run_line_);
}

StoreWalk::StoreWalk(const isa::ArrayConfig& config, const StoreOperation& operation, const Position& start)
    : op_(operation), line_bytes_(config.line_bytes()), at_(start), left_(operation.count) {
    const bool result = op_.source == StoreSource::Result;
    bank_bytes_ = Divisor(result ? config.columns * op_.element_bytes() : op_.len);
    banks_ = result ? config.result_banks() : 1;
    uncut_ = banks_ * bank_bytes_.value() >= op_.len;
}

void StoreWalk::start_run() {
    const std::int64_t address = (op_.base + at_.b * op_.pb + at_.y * op_.py + at_.x * op_.px) & kAddressMask;
    std::int64_t n = op_.grid.left_in_row(at_, left_);
    if (op_.px != op_.len || address + n * op_.len > kAddressMask) n = 1;
    op_.grid.step(at_, n);
    left_ -= n;
    run_line_ = line_bytes_.quotient(address);
    run_offset_ = line_bytes_.remainder(address);
    run_bytes_ = n * op_.len;
    phase_ = 0;
}

std::int64_t StoreWalk::whole_lines() const {
    const bool aligned = uncut_ && run_offset_ == 0 && line_bytes_.remainder(op_.len) == 0 &&
                         line_bytes_.remainder(phase_) == 0;
    return aligned ? line_bytes_.quotient(run_bytes_) : 0;
}

void StoreWalk::pass_lines(std::int64_t lines) {
    const std::int64_t bytes = lines * line_bytes_.value();
    run_line_ += lines;
    run_bytes_ -= bytes;
    phase_ = phase_ + bytes < op_.len ? phase_ + bytes : (phase_ + bytes) % op_.len;
}

StoreChunk StoreWalk::next() {
    if (run_bytes_ == 0) start_run();
    StoreChunk chunk{run_line_, 0};
    std::int64_t bytes = std::min(line_bytes_.value() - run_offset_, run_bytes_);
    run_bytes_ -= bytes;
    run_offset_ = 0;
    ++run_line_;
    if (uncut_ && phase_ + bytes < op_.len) {
        phase_ += bytes;
        chunk.pieces = 1;
        return chunk;
    }
    while (bytes > 0) {  // one piece each: to the end of the position, of the sub-banks, of the line
        const std::int64_t end =
            std::min(op_.len, (bank_bytes_.quotient(phase_) + banks_) * bank_bytes_.value());
        const std::int64_t piece = std::min(bytes, end - phase_);
        phase_ += piece;
        if (phase_ == op_.len) phase_ = 0;
        bytes -= piece;
        ++chunk.pieces;
    }
    return chunk;
}

}  // namespace satsim::cycle
