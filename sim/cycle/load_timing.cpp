#include "sim/cycle/load_timing.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace satsim::cycle {

namespace {
constexpr Cycles kLongAgo = std::numeric_limits<Cycles>::min() / 4;
}

LoadTiming::LoadTiming(const isa::ArrayConfig& config) : LoadTiming(config, Rings{}) {}

void LoadTiming::restart(const isa::ArrayConfig& config) {
    *this = LoadTiming(config, Rings{std::move(entries_), std::move(first_piece_), std::move(popped_),
                                     std::move(steps_), std::move(ends_), std::move(runs_)});
}

LoadTiming::LoadTiming(const isa::ArrayConfig& config, Rings&& rings)
    : line_bytes_(config.line_bytes()),
      burst_lines_(config.burst_lines),
      piece_fifo_(config.piece_fifo),
      line_fifo_(config.line_fifo),
      entries_(std::move(rings.entries)),
      first_piece_(std::move(rings.first_piece)),
      popped_(std::move(rings.popped)),
      runs_(std::move(rings.runs)),
      steps_(std::move(rings.steps)),
      last_request_(kLongAgo),
      ends_(std::move(rings.ends)) {
    if (piece_fifo_ < 2 || config.burst_lines < 1 || config.burst_lines > line_fifo_) {
        throw std::invalid_argument(
            "LOAD needs a piece FIFO of at least 2 and a line FIFO of at least one burst");
    }
    // Never more pieces are generated ahead of the writer than PF and one burst (of PF/2 pieces at most), or
    // one line, which may be many bursts; each of them could be an operation and a burst of its own.
    const auto pieces =
        static_cast<std::size_t>(2 * piece_fifo_ + config.burst_lines + config.line_words() + 8);
    const auto lines = pieces + static_cast<std::size_t>(line_fifo_ + 2 * config.burst_lines);
    entries_.ensure(4 * pieces);
    first_piece_.ensure(lines);
    popped_.ensure(lines);
    // Looked back to: PF pieces from the next one to be written on, with the operation's start and their own
    // line two steps each at most. Half as many lie ahead of it, in the burst that is just being accepted.
    steps_.ensure(static_cast<std::size_t>(3 * piece_fifo_ + 2 * config.burst_lines + 8));
    steps_[0] = {std::numeric_limits<std::int64_t>::min(), kLongAgo};
    ends_.ensure(4 * pieces);
    runs_.ensure(pieces);
    arrivals_.resize(static_cast<std::size_t>(line_fifo_));
    // A piece may have two steps of V: its operation's start, and its line's arrival.
    constexpr std::int64_t kLateAtOnce = 64;
    dues_.resize(static_cast<std::size_t>(2 * line_fifo_ + 2 + kLateAtOnce));
}

void LoadTiming::dispatch(Cycles d, const LoadOperation& operation) {
    op_ = operation;
    walk_ = LoadWalk(op_, op_.seek ? op_.seek_to : saved_);
    generating_ = true;
    kept_ = {kNoLine, kNoLine};
    run_bytes_ = 0;
    line_positions_ = line_bytes_.value() / op_.len;
    line_rest_ = line_bytes_.value() % op_.len;
    ready_ = kUnknown;
    push({.kind = Kind::Start, .piece = generated_, .after = d + isa::timing::kAddressSetup - generated_});
    settle();
}

// One step of the generator: at most one burst is filled or one run of zeros passed.
void LoadTiming::generate() {
    if (run_bytes_ > 0) {
        generate_lines();
    } else if (run_.positions > 0 || !walk_.done()) {
        start_run();
    } else {
        if (open_) close_burst(generated_ - 1, 1);
        push({.kind = Kind::End, .piece = generated_ - 1});
        if (op_.advance) saved_ = walk_.position();
        generating_ = false;
    }
}

// The bytes of the next position, or of all positions of a run that follow each other without a gap.
void LoadTiming::start_run() {
    if (run_.positions == 0) run_ = walk_.next();
    if (run_.zeros) {
        add_pieces(run_.positions * ceil_div(op_.len, line_bytes_.value()));
        run_.positions = 0;
        return;
    }
    run_line_ = line_bytes_.quotient(run_.address);
    if (scattered() &&
        begins_afresh(line_bytes_.quotient(run_.address + (run_.positions - 1) * run_.step + op_.len - 8))) {
        start_scattered();
        return;
    }
    run_offset_ = line_bytes_.remainder(run_.address);
    run_phase_ = 0;
    std::int64_t positions = 1;
    const std::int64_t room = line_bytes_.value() - op_.len - run_offset_;
    if (run_.step == op_.len) {
        positions = run_.positions;
        run_bytes_ = positions * op_.len;
        if (streams() && begins_afresh(run_line_ + line_bytes_.quotient(run_bytes_) - 1)) start_stream();
    } else if (run_.step > 0 && run_.step <= room) {  // several whole positions in one line, with gaps
        positions = std::min(run_.positions, room / run_.step + 1);
        if (reach_line()) append_lines(1, 1);
        add_pieces(positions);
    } else {
        run_bytes_ = op_.len;
    }
    run_.address += positions * run_.step;
    run_.positions -= positions;
}

// Whether one of these lines is kept.
bool LoadTiming::keeps(std::int64_t first, std::int64_t last) const {
    return std::ranges::any_of(kept_, [&](std::int64_t line) { return first <= line && line <= last; });
}

bool LoadTiming::follows_open_burst() const {
    return open_ && run_line_ == kept_[0] + 1 && open_lines_ < burst_lines_.value() &&
           burst_lines_.remainder(run_line_) != 0;
}

// Whether the run's lines up to `last` have nothing to do with what was requested before.
bool LoadTiming::begins_afresh(std::int64_t last) const {
    return !follows_open_burst() && !keeps(run_line_, last);
}

// If the run's next line must be requested, makes the open burst one that takes it next.
bool LoadTiming::reach_line() {
    if (keeps(run_line_, run_line_)) return false;
    if (!follows_open_burst()) {
        if (open_) close_burst(generated_, 0);
        open_burst();
    }
    return true;
}

void LoadTiming::open_burst() {
    open_ = true;
    open_lines_ = 0;
    open_piece_ = generated_;
}

// The run's next lines to the open burst.
void LoadTiming::append_lines(std::int64_t lines, std::int64_t pieces) {
    for (std::int64_t i = 0; i < lines; ++i) first_piece_[lines_ + i] = generated_ + i * pieces;
    lines_ += lines;
    open_lines_ += static_cast<int>(lines);
    const std::int64_t last = run_line_ + lines - 1;
    kept_ = {last, lines > 1 ? last - 1 : kept_[0]};
}

// The run's next line, or as many full lines of the same number of pieces as the burst takes.
void LoadTiming::generate_lines() {
    const bool fresh = reach_line();
    // Behind the first one no line can be kept but the second.
    const bool many = run_offset_ == 0 && fresh && kept_[0] != run_line_ + 1;
    std::int64_t lines = many ? line_bytes_.quotient(run_bytes_) : 0;
    std::int64_t pieces = 1;  // of each line
    if (line_rest_ == 0) {
        pieces = line_positions_ + (run_phase_ > 0 ? 1 : 0);
    } else if (line_positions_ == 0) {
        lines = std::min(lines, line_bytes_.quotient(op_.len - run_phase_));
    } else {
        lines = 0;
    }
    if (lines > 1) {
        lines = std::min({lines, burst_lines_.value() - open_lines_,
                          burst_lines_.value() - burst_lines_.remainder(run_line_)});
        const std::int64_t room = piece_fifo_ / 2 - 1 - (generated_ - open_piece_);
        if (lines * pieces > room) lines = room / pieces;
    }
    if (lines < 2) {
        if (fresh) append_lines(1, 1);
        generate_line(std::min(line_bytes_.value() - run_offset_, run_bytes_));
        return;
    }
    append_lines(lines, pieces);
    generated_ += lines * pieces;
    run_line_ += lines;
    run_bytes_ -= lines * line_bytes_.value();
    if (line_rest_ != 0) {
        run_phase_ += lines * line_bytes_.value();
        if (run_phase_ == op_.len) run_phase_ = 0;
    }
}

// The run's next `bytes` bytes, all of one line that is kept.
void LoadTiming::generate_line(std::int64_t bytes) {
    std::int64_t pieces = 1;
    run_phase_ += bytes;
    if (run_phase_ == op_.len) {
        run_phase_ = 0;
    } else if (run_phase_ > op_.len) {
        const std::int64_t whole = run_phase_ / op_.len;
        run_phase_ -= whole * op_.len;
        pieces = whole + (run_phase_ > 0 ? 1 : 0);
    }
    add_pieces(pieces);
    run_bytes_ -= bytes;
    run_offset_ = 0;
    ++run_line_;
}

// Zeros, or pieces of lines that are kept. A burst's PF/2-th piece closes it.
void LoadTiming::add_pieces(std::int64_t pieces) {
    generated_ += pieces;
    const std::int64_t last = open_piece_ + piece_fifo_ / 2 - 1;
    if (open_ && generated_ > last) close_burst(last, 0);
}

void LoadTiming::close_burst(std::int64_t piece, Cycles after) {
    Entry& burst = entries_[pushed_++];  // field by field: twice as fast as copying a whole entry
    burst.kind = Kind::Burst;
    burst.lines = open_lines_;
    burst.line = kept_[0] - open_lines_ + 1;
    burst.first = lines_ - open_lines_;
    burst.piece = piece;
    burst.after = after;
    open_ = false;
}

// Generates as far as it can matter, writes what needs no further read, and finds the next read.
void LoadTiming::settle() {
    do {
        while (generating_ && generated_ < known_ + piece_fifo_) generate();
    } while (write_ahead());
    if (written_ == pushed_) return;
    const Entry& entry = entries_[written_];
    if (entry.kind == Kind::Scattered) return request_scattered();
    const std::int64_t must_be_popped = entry.first + entry.lines - line_fifo_ - 1;
    Cycles at = std::max(entry.closed, last_request_) + 1;
    if (must_be_popped >= 0) at = std::max(at, popped_[must_be_popped] + 1);
    request_ = {at, entry.line, entry.lines};
}

// Starts and ends of operations up to the next burst. True if the generator can go on.
bool LoadTiming::write_ahead() {
    for (; written_ != pushed_; ++written_) {
        const Entry& entry = entries_[written_];
        if (entry.kind == Kind::Burst || entry.kind == Kind::Scattered) break;
        if (entry.kind == Kind::Start) {
            raise(entry.piece, entry.after + 1);
        } else {
            ends_[ends_known_++] = entry.piece + steps_[last_step_].ahead;
        }
    }
    if (written_ != pushed_) {
        const Entry& entry = entries_[written_];
        known_ = entry.kind == Kind::Burst ? first_piece_[entry.first] : runs_[entry.first].piece;
    } else {
        known_ = open_ ? open_piece_ : generated_;
    }
    resolve();
    return generating_ && generated_ < known_ + piece_fifo_;
}

// Closing cycles of the bursts and operations whose last piece's predecessor by PF has been written.
void LoadTiming::resolve() {
    for (; resolved_ != pushed_; ++resolved_) {
        Entry& entry = entries_[resolved_];
        if (entry.kind == Kind::Start) {
            resolving_base_ = entry.after;
            continue;
        }
        if (entry.kind == Kind::Scattered) {
            runs_[entry.first].base = resolving_base_;
            continue;
        }
        if (entry.piece - piece_fifo_ >= known_) return;
        const Cycles g = generation_cycle(entry.piece);
        if (entry.kind == Kind::Burst) {
            entry.closed = g + entry.after;
        } else {
            ready_ = g + 2;
        }
    }
}

Cycles LoadTiming::generation_cycle(std::int64_t piece) {
    const std::int64_t before = piece - piece_fifo_;
    // Far on, behind scattered runs: perhaps further than steps_ reaches back.
    const std::int64_t far = last_step_ - cursor_;
    if (far > steps_.capacity() / 2 || (far > 16 && steps_[cursor_ + 16].piece <= before))
        cursor_ = step_of(before);
    while (cursor_ < last_step_ && steps_[cursor_ + 1].piece <= before) ++cursor_;
    return std::max(resolving_base_ + piece, before + steps_[cursor_].ahead + 1);
}

// The last step that is not behind `piece`, which is at most PF pieces before the next one to be known.
std::int64_t LoadTiming::step_of(std::int64_t piece) const {
    std::int64_t low = std::max<std::int64_t>(0, last_step_ + 2 - steps_.capacity());
    std::int64_t high = last_step_;
    while (low < high) {
        const std::int64_t middle = (low + high + 1) / 2;
        if (steps_[middle].piece <= piece)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

void LoadTiming::raise(std::int64_t piece, Cycles ahead) {
    if (ahead > steps_[last_step_].ahead) steps_[++last_step_] = {piece, ahead};
}

void LoadTiming::read_due(dram::Memory& memory, Cycles end) {
    if (read_paced(memory, end)) return;
    memory.read(request_.at, request_.line, arrivals());
    accept();
}

void LoadTiming::accept() {
    last_request_ = request_.at;
    ++bursts_;
    if (entries_[written_].kind == Kind::Scattered)
        accept_scattered();
    else
        accept_burst();
    request_.lines = 0;
    settle();
}

void LoadTiming::accept_burst() {
    const Entry& burst = entries_[written_];
    const Cycles first = arrivals_[0];
    const auto lines = static_cast<std::size_t>(burst.lines);
    raise(first_piece_[burst.first], first - first_piece_[burst.first] + 1);
    // Lines that arrive one a cycle cannot hold up the writer again: no line has less than one piece.
    const bool steady = arrivals_[lines - 1] - first == burst.lines - 1;
    for (std::size_t i = 0; i < lines; ++i) {
        const std::int64_t number = burst.first + static_cast<std::int64_t>(i);
        const std::int64_t piece = first_piece_[number];
        if (!steady) raise(piece, arrivals_[i] - piece + 1);
        popped_[number] = piece + steps_[last_step_].ahead;
    }
    ++written_;
}

}  // namespace satsim::cycle
