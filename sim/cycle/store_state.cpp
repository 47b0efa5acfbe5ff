// The state of STORE that later cycles depend on (skipping.md). Lines are counted from the newest one.
#include <algorithm>

#include "sim/cycle/store_timing.hpp"

namespace satsim::cycle {

void StoreTiming::walk(StateWalk& state) {
    saved_.walk(state);
    state.same(generating_);
    if (generating_) {
        op_.walk(state);
        walk_.walk(state);
        state.same(chunk_.pieces);
        if (chunk_.pieces > 0) state.moving(chunk_.line);
    }
    state.time(last_piece_);
    state.same(lines_ - in_fifo_);
    state.same(line_open_);
    state.same(burst_open_);
    state.same(burst_lines_);
    if (line_open_) state.moving(open_line_);
    state.same(bursts_closed_ - bursts_written_);
    for (std::int64_t i = bursts_written_; i < bursts_closed_; ++i) {
        Burst& burst = bursts_[i];
        for (const std::int64_t value :
             {burst.first - lines_, std::int64_t{burst.lines}, std::int64_t{burst.ends_operation}})
            state.same(value);
        state.time(burst.closed);
        state.moving(burst.line);
    }
    // What the generator and coming bursts look back to.
    state.same(in_fifo_ - left_);
    for (std::int64_t line = std::max<std::int64_t>(0, in_fifo_ - fifo_); line < left_; ++line)
        state.time(left_at_[line]);
    for (std::int64_t i = std::max<std::int64_t>(0, bursts_written_ - isa::timing::kWriteBursts);
         i < bursts_written_; ++i)
        state.time(responses_[i]);
    state.time(last_handshake_);
    state.same(request_.lines);
    if (request_.lines > 0) {
        state.time(request_.at);
        state.moving(request_.line);
    }
    state.time(ready_);
}

}  // namespace satsim::cycle
