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
    state.same(requesting() ? request().lines : 0);
    if (requesting()) {
        state.time(request().at);
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
        for (std::int64_t& line : kept_) {
            state.same(line == kNoLine);
            if (line != kNoLine) state.moving(line);
        }
    }
    state.same(open_);
    if (!open_) return;
    state.same(open_lines_);
    state.same(open_piece_ - generated_);
}

void LoadTiming::walk_entries(StateWalk& state) {
    state.same(pushed_ - written_);
    state.same(pushed_ - resolved_);
    for (std::int64_t i = written_; i < pushed_; ++i) {
        Entry& entry = entries_[i];
        state.same(static_cast<std::int64_t>(entry.kind));
        state.same(entry.piece - generated_);
        if (entry.kind == Kind::Start) state.time(entry.after + generated_);
        if (entry.kind == Kind::Scattered) {
            ScatteredRun& run = runs_[entry.first];
            run.walk(state);
            state.same(run.piece - generated_);
            if (i < resolved_) state.time(as_good_as(run.base) + generated_);
        }
        if (entry.kind != Kind::Burst) continue;
        state.same(entry.after);
        state.same(entry.lines);
        state.same(entry.first - lines_);
        state.time(entry.closed);
        state.moving(entry.line);
    }
    // Lines that are not written yet, and what the requests of coming bursts look back to.
    std::int64_t unwritten = lines_;
    const auto walk_lines = [&](std::int64_t first, std::int64_t lines) {
        unwritten = std::min(unwritten, first);
        for (std::int64_t line = first; line < first + lines; ++line)
            state.same(first_piece_[line] - generated_);
    };
    for (std::int64_t i = written_; i < pushed_; ++i) {
        const Entry& entry = entries_[i];
        if (entry.kind == Kind::Burst) walk_lines(entry.first, entry.lines);
        if (entry.kind == Kind::Scattered) walk_lines(runs_[entry.first].number, 0);
    }
    if (open_) walk_lines(lines_ - open_lines_, open_lines_);
    for (std::int64_t line = std::max<std::int64_t>(0, unwritten - line_fifo_ - 1); line < unwritten; ++line)
        state.time(popped_[line]);
}

// The oldest step that can still be looked back to.
std::int64_t LoadTiming::oldest_step() const {
    const std::int64_t step = step_of(known_ - piece_fifo_);
    return runs_read_ != runs_pushed_ ? step : std::max(step, cursor_);
}

// g_k = max(D + k, w_(k-PF) + 1), and w_k - k never falls: an old D is as good as one that never counts.
Cycles LoadTiming::as_good_as(Cycles base) const {
    return std::max(base, steps_[oldest_step()].ahead - piece_fifo_ + 1);
}

void LoadTiming::walk_writer(StateWalk& state) {
    const std::int64_t oldest = oldest_step();
    state.time(as_good_as(resolving_base_) + generated_);
    state.time(steps_[oldest].ahead + generated_);
    for (std::int64_t i = oldest + 1; i <= last_step_; ++i) {
        state.same(steps_[i].piece - generated_);
        state.time(steps_[i].ahead + generated_);
    }
    state.same(known_ - generated_);
}

}  // namespace satsim::cycle
