// LOAD's short cut for positions of one burst each and for long streams (scattered_run.hpp): what they need,
// many bursts at a time.
//
// A run is queued as one entry and generated at once, all but its last position: what comes behind that one
// decides how its burst ends. That is a matter of bookkeeping alone, because no cycle depends on how far the
// generator has got: everything behind the run is generated and resolved when the same pieces have been
// written as without the short cut (`generated_ < known_ + PF`, `piece - PF < known_`), so that ready()
// becomes known at the same read. What is read at once ends before a read that could bring that about:
// quiet_before().
#include <algorithm>

#include "sim/cycle/load_timing.hpp"

namespace satsim::cycle {

// The PF/2-th piece of a burst would close it otherwise, so these are the short ones.
bool LoadTiming::scattered() const {
    const std::int64_t most = line_bytes_.quotient(op_.len - 16 + 2 * line_bytes_.value());
    return is_scattered(run_, op_.len, line_bytes_) && std::min(most, burst_lines_.value()) < piece_fifo_ / 2;
}

void LoadTiming::start_scattered() {
    if (open_) close_burst(generated_, 0);
    ScatteredRun& run = runs_[runs_pushed_];
    run = {{.step = run_.step, .span = op_.len - 8, .address = run_.address, .positions = run_.positions - 1},
           generated_,
           lines_};
    run.reads.begin_position(line_bytes_);
    run_.address += run.reads.positions * run_.step;
    run_.positions = 1;
    const dram::StridedRun last = run.reads.last_position(line_bytes_);
    const std::int64_t before = last.last_line > last.line ? last.last_line - 1
                                : run.reads.positions > 1
                                    ? line_bytes_.quotient(last.address - last.step + last.span)
                                    : kept_[0];
    kept_ = {last.last_line, before};
    push_run(run);
}

void LoadTiming::push_run(const ScatteredRun& run) {
    const std::int64_t lines = run.lines(line_bytes_);
    generated_ += lines;
    lines_ += lines;
    push({.kind = Kind::Scattered, .first = runs_pushed_++, .piece = generated_ - 1});
}

// Bytes of many bursts without a gap, each line a piece of its own.
bool LoadTiming::streams() const {
    return run_offset_ == 0 && line_bytes_.remainder(op_.len) == 0 &&
           line_bytes_.quotient(run_bytes_) >= 4 * burst_lines_.value() &&
           burst_lines_.value() < piece_fifo_ / 2;
}

// They are one position to the short cut, which ends before a burst's first line.
void LoadTiming::start_stream() {
    if (open_) close_burst(generated_, 0);
    const std::int64_t last = run_line_ + line_bytes_.quotient(run_bytes_) - 1;
    const std::int64_t lines = last - burst_lines_.remainder(last) - run_line_;
    const std::int64_t bytes = lines * line_bytes_.value();
    ScatteredRun& run = runs_[runs_pushed_];
    run = {{.step = 0, .span = bytes - 8, .address = run_.address, .positions = 1}, generated_, lines_};
    run.reads.begin_position(line_bytes_);
    run_line_ += lines;
    run_bytes_ -= bytes;
    run_phase_ = bytes % op_.len;
    kept_ = {run_line_ - 1, run_line_ - 2};
    push_run(run);
}

void LoadTiming::request_scattered() {
    ScatteredRun run = runs_[entries_[written_].first];
    const std::int64_t line = run.reads.line;
    const int lines = run.reads.burst(burst_lines_);
    run.pass(lines, line_bytes_);
    Cycles at = std::max(run.base + run.piece, last_request_) + 1;
    const std::int64_t must_be_popped = run.number - line_fifo_ - 1;
    if (must_be_popped >= 0) at = std::max(at, popped_[must_be_popped] + 1);
    const std::int64_t before = run.piece - piece_fifo_;
    at = std::max(at, before + steps_[step_of(before)].ahead + 2);
    request_ = {at, line, lines};
}

// The piece that must not be the next to be known if a further read goes with the ones before.
std::int64_t LoadTiming::quiet_before() const {
    std::int64_t piece = kUnknown;
    if (generating_) piece = generated_ - piece_fifo_ + 1;
    if (resolved_ != pushed_) piece = std::min(piece, entries_[resolved_].piece - piece_fifo_ + 1);
    return piece;
}

// Every piece is the first of its line.
void LoadTiming::accept_scattered() {
    ScatteredRun& run = runs_[entries_[written_].first];
    const Ring<Step>::View steps = steps_.view();
    const Ring<Cycles>::View popped = popped_.view();
    const Ring<std::int64_t>::View first_piece = first_piece_.view();
    std::int64_t piece = run.piece;
    std::int64_t number = run.number;
    std::int64_t step = last_step_;
    Cycles ahead = steps[step].ahead;
    for (const Cycles arrival : arrivals()) {
        const Cycles needed = arrival + 1 - piece;
        const bool later = needed > ahead;
        ahead = std::max(ahead, needed);
        steps[step + 1] = {piece, ahead};  // counts only if it is one
        step += later ? 1 : 0;
        first_piece[number] = piece;
        popped[number] = piece + ahead;
        ++piece;
        ++number;
    }
    last_step_ = step;
    run.pass(request_.lines, line_bytes_);
    if (run.done()) finish_run();
}

void LoadTiming::finish_run() {
    ++runs_read_;
    ++written_;
}

// Reads in step. As long as the lines that are looked back to are one piece each, line n being piece n + s,
// and L lines end before piece e, the request of a burst comes down to
//     a = 1 + max(D + e, pop of line e - s - LF - 1)
// (no earlier than the request before it, because both terms grow by one a piece or more; and g's second
// half, w_(k-PF) + 1, is left out: that line's pop is behind it, because LF + 1 < PF). That is a PacedReader
// with room for LF lines: line k of its (1, 2, ...) is piece p + k - 1, due by p + V - 2 + k. So the memory
// takes many bursts at once and says which lines were late: those are V's next steps.
bool LoadTiming::read_paced(dram::Memory& memory, Cycles end) {
    if (!requesting() || entries_[written_].kind != Kind::Scattered) return false;
    if (line_fifo_ + 1 >= piece_fifo_ || !memory.paces(burst_lines_)) return false;
    ScatteredRun& run = runs_[entries_[written_].first];
    const std::int64_t stop = quiet_before();
    const std::int64_t begin = run.number;
    while (!run.done() && run.piece < stop && read_steadily(run, memory, end, stop)) {
    }
    if (run.number == begin) return false;
    if (run.done()) finish_run();
    request_.lines = 0;
    settle();
    return true;
}

// False, and nothing is read, where the next burst is not in step or not due.
bool LoadTiming::read_steadily(ScatteredRun& run, dram::Memory& memory, Cycles end, std::int64_t stop) {
    const int lines = run.reads.burst(burst_lines_);
    const std::int64_t must_be_popped = run.number + lines - line_fifo_ - 1;
    if (must_be_popped < 0) return false;
    const std::int64_t piece = first_piece_[must_be_popped];
    if (piece != run.piece - run.number + must_be_popped) return false;
    const Cycles closed = run.base + run.piece + lines;
    if (std::max(closed, popped_[must_be_popped]) + 1 >= end) return false;
    dram::PacedReader reader;
    reader.run = run.reads;
    reader.from = run.base + run.piece + 1;
    reader.room = line_fifo_;
    reader.dues = dues_;
    // Where the newest does not hold up requests, no earlier one does.
    const bool held_up = run.piece + steps_[last_step_].ahead - line_fifo_ > reader.from;
    std::int64_t step = last_step_;
    while (held_up && steps_[step].piece > piece) --step;
    dues_[0] = {lines - line_fifo_, run.piece + steps_[step].ahead - 2};
    reader.dues_known = 1;
    while (step < last_step_) {
        ++step;
        dues_[reader.dues_known++] = {steps_[step].piece - run.piece + 1, run.piece + steps_[step].ahead - 2};
    }
    const std::size_t known = reader.dues_known;
    const std::int64_t read = memory.read_paced(reader, end, stop - run.piece, line_bytes_, burst_lines_);
    if (read == 0) return false;
    run.reads = reader.run;
    // Nothing looks back further than LF + 1 lines.
    std::int64_t line = std::max<std::int64_t>(0, read - line_fifo_ - 1);
    const Ring<std::int64_t>::View first_piece = first_piece_.view();
    const Ring<Cycles>::View popped = popped_.view();
    const std::int64_t first_number = run.number;
    const std::int64_t first = run.piece;
    const auto pop_until = [&](std::int64_t past) {
        const Cycles by = first + steps_[last_step_].ahead;
        for (std::int64_t i = line; i < past; ++i) {
            first_piece[first_number + i] = first + i;
            popped[first_number + i] = by + i;
        }
        line = std::max(line, past);
    };
    for (const dram::PacedReader::Due& late : reader.dues.first(reader.dues_known).subspan(known)) {
        pop_until(late.line - 1);
        raise(run.piece + late.line - 1, late.by - run.piece + 2);
    }
    pop_until(read);
    run.piece += read;
    run.number += read;
    last_request_ = reader.last_request;
    bursts_ += reader.bursts;
    return true;
}

}  // namespace satsim::cycle
