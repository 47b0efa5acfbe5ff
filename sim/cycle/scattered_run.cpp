#include "sim/cycle/scattered_run.hpp"

namespace satsim::cycle {

std::int64_t ScatteredRun::lines(const Divisor& line_bytes) const {
    if (line_bytes.remainder(step) == 0) return positions * (last_line - line + 1);
    std::int64_t all = positions;
    for (std::int64_t i = 0, at = address; i < positions; ++i, at += step)
        all += line_bytes.quotient(at + span) - line_bytes.quotient(at);
    return all;
}

// `piece` and `base` are counted from LOAD's newest piece: LoadTiming's to walk.
void ScatteredRun::walk(StateWalk& state) {
    for (const std::int64_t value : {step, span, positions, last_line - line}) state.same(value);
    for (std::int64_t* const value : {&address, &line, &last_line}) state.moving(*value);
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
