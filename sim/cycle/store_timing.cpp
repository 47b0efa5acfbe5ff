#include "sim/cycle/store_timing.hpp"

#include <algorithm>
#include <stdexcept>

namespace satsim::cycle {

namespace {
constexpr Cycles kLongAgo = std::numeric_limits<Cycles>::min() / 4;
}

StoreTiming::StoreTiming(const isa::ArrayConfig& config)
    : config_(config),
      fifo_(config.store_fifo),
      most_lines_(std::max(config.burst_lines, 1)),
      last_piece_(kLongAgo),
      last_handshake_(kLongAgo),
      ready_(kLongAgo) {
    if (config.burst_lines < 1 || fifo_ < config.burst_lines + 1) {
        throw std::invalid_argument("STORE needs a line FIFO of at least one burst and one line");
    }
    const auto lines = static_cast<std::size_t>(2 * fifo_ + config.burst_lines + 8);
    bursts_ = Ring<Burst>(lines);
    left_at_ = Ring<Cycles>(lines);
    releases_ = Ring<Cycles>(lines);
    ends_ = Ring<Cycles>(lines);
    responses_ = Ring<Cycles>(static_cast<std::size_t>(isa::timing::kWriteBursts));
    handshakes_.resize(static_cast<std::size_t>(config.burst_lines));
}

void StoreTiming::dispatch(Cycles d, const StoreOperation& operation) {
    op_ = operation;
    walk_ = StoreWalk(config_, op_, op_.seek ? op_.seek_to : saved_);
    generating_ = true;
    last_piece_ = std::max(last_piece_, d + isa::timing::kAddressSetup - 1);
    ready_ = kUnknown;
    settle();
}

Cycles StoreTiming::gate(Cycles last) const {
    const std::int64_t must_have_left = in_fifo_ - fifo_ + 1;
    return must_have_left < 0 ? last + 1 : std::max(last, left_at_[must_have_left]) + 1;
}

bool StoreTiming::generate() {
    if (!generating_ || !gate_known()) return false;
    if (chunk_.pieces == 0 && !walk_.done()) chunk_ = walk_.next();
    if (chunk_.pieces == 0) {  // the closing cycle f
        const Cycles f = gate(last_piece_);
        ++in_fifo_;
        line_open_ = false;
        close_burst(f, true);
        if (op_.advance) saved_ = walk_.position();
        generating_ = false;
        releases_[releases_known_++] = f;
        ready_ = f + 1;
        return false;
    }
    last_piece_ = gate(last_piece_);
    if (!line_open_ || chunk_.line != open_line_) {
        enter_line();
        if (--chunk_.pieces == 0) fill_burst();
    } else {
        last_piece_ += chunk_.pieces - 1;
        chunk_.pieces = 0;
    }
    return true;
}

// The first piece of a line, read in `last_piece_`, pushes the line before it and extends or breaks the
// burst.
void StoreTiming::enter_line() {
    if (line_open_) ++in_fifo_;
    const bool grows = burst_open_ && chunk_.line == open_line_ + 1 && burst_lines_ < config_.burst_lines &&
                       most_lines_.remainder(chunk_.line) != 0;
    if (burst_open_ && !grows) close_burst(last_piece_, false);
    burst_open_ = true;
    ++burst_lines_;
    line_open_ = true;
    open_line_ = chunk_.line;
    ++lines_;
}

// Whole lines behind the open one that extend its burst, as far as they can be read without a further write.
void StoreTiming::fill_burst() {
    const std::int64_t room =
        most_lines_.value() - std::max<std::int64_t>(burst_lines_, most_lines_.remainder(open_line_) + 1);
    const std::int64_t most = std::min(walk_.whole_lines(), room);
    std::int64_t lines = 0;
    Cycles last = last_piece_;
    std::int64_t must_have_left = in_fifo_ - fifo_ + 1;
    for (; lines < most && must_have_left < left_; ++lines, ++must_have_left)
        last = must_have_left < 0 ? last + 1 : std::max(last, left_at_[must_have_left]) + 1;
    if (lines == 0) return;
    last_piece_ = last;
    in_fifo_ += lines;
    burst_lines_ += static_cast<int>(lines);
    open_line_ += lines;
    lines_ += lines;
    walk_.pass_lines(lines);
}

void StoreTiming::close_burst(Cycles closed, bool ends_operation) {
    bursts_[bursts_closed_++] = {closed, open_line_ - burst_lines_ + 1, lines_ - burst_lines_, burst_lines_,
                                 ends_operation};
    burst_open_ = false;
    burst_lines_ = 0;
}

void StoreTiming::settle() {
    while (generate()) {
    }
    if (bursts_written_ == bursts_closed_) return;
    const Burst& burst = bursts_[bursts_written_];
    Cycles at = std::max(burst.closed, last_handshake_) + 1;
    if (bursts_written_ >= isa::timing::kWriteBursts) {
        at = std::max(at, responses_[bursts_written_ - isa::timing::kWriteBursts] + 1);
    }
    request_ = {at, burst.line, burst.lines};
}

void StoreTiming::accept(Cycles response) {
    const Burst& burst = bursts_[bursts_written_];
    for (int i = 0; i < burst.lines; ++i) left_at_[left_++] = handshakes_[static_cast<std::size_t>(i)];
    last_handshake_ = handshakes_[static_cast<std::size_t>(burst.lines - 1)];
    // A ring of WRITE_BURSTS elements or more: this slot is read when the burst that many later is due.
    responses_[bursts_written_] = response;
    if (burst.ends_operation) ends_[ends_known_++] = response;
    ++bursts_written_;
    request_.lines = 0;
    settle();
}

}  // namespace satsim::cycle
