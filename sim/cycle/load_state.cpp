// The state of LOAD that later cycles depend on (skipping.md). Pieces and lines are counted from the newest
// ones.
#include <algorithm>

#include "sim/cycle/load_timing.hpp"

namespace satsim::cycle {

void LoadTiming::walk(StateWalk& state) {
    saved_.walk(state);
    walk_generator(state);
    walk_entries(state);
    walk_writer(state);
    state.same(request_.lines);
    if (request_.lines > 0) {
        state.time(request_.at);
        state.moving(request_.line);
    }
    state.time(last_request_);
    state.time(ready_);
}

void LoadTiming::walk_generator(StateWalk& state) {
    state.same(generating_);
    if (generating_) {
        op_.walk(state);
        walk_.walk(state);
        for (const std::int64_t value : {std::int64_t{run_.zeros}, run_.positions, run_.step, run_bytes_})
            state.same(value);
        if (run_.positions > 0 && !run_.zeros) state.moving(run_.address);
        if (run_bytes_ > 0) {
            state.same(run_offset_);
            state.same(run_phase_);
            state.moving(run_line_);
        }
    }
    state.same(open_);
    if (!open_) return;
    state.same(open_lines_);
    state.same(open_piece_ - generated_);
    state.moving(open_line_);
}

void LoadTiming::walk_entries(StateWalk& state) {
    state.same(pushed_ - written_);
    state.same(pushed_ - resolved_);
    for (std::int64_t i = written_; i < pushed_; ++i) {
        Entry& entry = entries_[i];
        state.same(static_cast<std::int64_t>(entry.kind));
        state.same(entry.piece - generated_);
        if (entry.kind == Kind::Start) state.time(entry.after + generated_);
        if (entry.kind != Kind::Burst) continue;
        state.same(entry.after);
        state.same(entry.lines);
        state.same(entry.first - lines_);
        state.time(entry.closed);
        state.moving(entry.line);
    }
    // Lines that are not written yet, and what the requests of coming bursts look back to.
    std::int64_t unwritten = open_ ? lines_ - open_lines_ : lines_;
    for (std::int64_t i = written_; i < pushed_; ++i) {
        if (entries_[i].kind != Kind::Burst) continue;
        unwritten = entries_[i].first;
        break;
    }
    for (std::int64_t line = unwritten; line < lines_; ++line) state.same(first_piece_[line] - generated_);
    for (std::int64_t line = std::max<std::int64_t>(0, unwritten - line_fifo_ - 1); line < unwritten; ++line)
        state.time(popped_[line]);
}

void LoadTiming::walk_writer(StateWalk& state) {
    // g_k = max(D + k, w_(k-PF) + 1), and w_k - k never falls: an old D is as good as one that never counts.
    const Cycles ahead = steps_[cursor_].ahead;
    state.time(std::max(resolving_base_, ahead - piece_fifo_ + 1) + generated_);
    state.time(ahead + generated_);
    for (std::int64_t i = cursor_ + 1; i <= last_step_; ++i) {
        state.same(steps_[i].piece - generated_);
        state.time(steps_[i].ahead + generated_);
    }
    state.same(known_ - generated_);
}

}  // namespace satsim::cycle
