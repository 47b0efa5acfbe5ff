// Positions that lie so far apart that no burst holds lines of two of them: short pieces of the rows of a
// wide map, hundreds of millions in the WU of a large head.
//
// Every piece is then a line of its own, and a burst ends where its position ends or at a multiple of BL
// lines, closed by the piece behind it. With L lines in the burst whose first line is number n and first
// piece number k (both through the whole program), contract.md §4 comes down to
//     c = g_(k+L)     a = max(c + 1, previous a + 1, w(line n + L - LF - 1) + 1)
//     w_k = k + V_k   V_k = max(V_(k-1), arrival + 1 - k)
// in the notation of load_timing.hpp. What such a burst needs is worked out from the few numbers below; it
// never becomes an entry in LoadTiming's queue. load_scattered.cpp says how.
#pragma once

#include <algorithm>
#include <cstdint>

#include "runtime/support/types.hpp"
#include "sim/cycle/divisor.hpp"
#include "sim/cycle/load_operation.hpp"

namespace satsim::cycle {

struct ScatteredRun {
    std::int64_t step = 0;  // bytes from one position to the next
    std::int64_t span = 0;  // bytes from a position's first word to its last one
    // The position at hand, and how many are left with it.
    std::int64_t address = 0;
    std::int64_t positions = 0;
    // Its lines that have not been read: [line, last_line], and the numbers of the first of them.
    std::int64_t line = 0;
    std::int64_t last_line = 0;
    std::int64_t piece = 0;
    std::int64_t number = 0;
    Cycles base = 0;  // D of the operation

    // The next burst's lines.
    [[nodiscard]] int burst(const Divisor& burst_lines) const {
        const std::int64_t to_boundary = burst_lines.value() - burst_lines.remainder(line);
        return static_cast<int>(std::min(last_line - line + 1, to_boundary));
    }
    // Behind a burst of so many lines.
    void pass(int lines, const Divisor& line_bytes) {
        piece += lines;
        number += lines;
        line += lines;
        if (line <= last_line) return;
        --positions;
        address += step;
        begin_position(line_bytes);
    }
    void begin_position(const Divisor& line_bytes) {
        line = line_bytes.quotient(address);
        last_line = line_bytes.quotient(address + span);
    }

    // Lines of all positions that are left; the position at hand has just been begun.
    [[nodiscard]] std::int64_t lines(const Divisor& line_bytes) const;
    void walk(StateWalk& state);
};

// True if the positions of `run`, `len` bytes each, are that far apart, whatever comes before them.
[[nodiscard]] bool is_scattered(const LoadRun& run, std::int64_t len, const Divisor& line_bytes);

}  // namespace satsim::cycle
