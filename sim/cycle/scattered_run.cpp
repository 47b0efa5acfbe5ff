#include "sim/cycle/scattered_run.hpp"

namespace satsim::cycle {

std::int64_t ScatteredRun::lines(const Divisor& line_bytes) const {
    const dram::StridedRun& r = reads;
    if (line_bytes.remainder(r.step) == 0) return r.positions * (r.last_line - r.line + 1);
    std::int64_t all = r.positions;
    for (std::int64_t i = 0, at = r.address; i < r.positions; ++i, at += r.step)
        all += line_bytes.quotient(at + r.span) - line_bytes.quotient(at);
    return all;
}

// `piece` and `base` are counted from LOAD's newest piece: LoadTiming's to walk.
void ScatteredRun::walk(StateWalk& state) {
    for (const std::int64_t value : {reads.step, reads.span, reads.positions, reads.last_line - reads.line})
        state.same(value);
    for (std::int64_t* const value : {&reads.address, &reads.line, &reads.last_line}) state.moving(*value);
}

bool is_scattered(const LoadRun& run, std::int64_t len, const Divisor& line_bytes) {
    if (run.zeros || run.positions < 2) return false;
    const std::int64_t line = line_bytes.value();
    // At least one line between a position's last word and the next position, wherever in its line it begins.
    if (run.step >= len - 8 + 2 * line) return true;
    // Or so because all positions begin at the same place of a line.
    return run.step > 0 && line_bytes.remainder(run.step) == 0 &&
           line_bytes.quotient(line_bytes.remainder(run.address) + len - 8) + 2 <=
               line_bytes.quotient(run.step);
}

}  // namespace satsim::cycle
