// Positions that lie so far apart that no burst holds lines of two of them: short pieces of the rows of a
// wide map, hundreds of millions in the WU of a large head. A stream of whole lines, rows that follow each
// other without a gap, is the same with one long position.
//
// Every piece is then a line of its own, and a burst ends where its position ends or at a multiple of BL
// lines, closed by the piece behind it. With L lines in the burst whose first line is number n and first
// piece number k (both through the whole program), contract.md §4 comes down to
//     c = g_(k+L)     a = max(c + 1, previous a + 1, w(line n + L - LF - 1) + 1)
//     w_k = k + V_k   V_k = max(V_(k-1), arrival + 1 - k)
// in the notation of load_timing.hpp. What such a burst needs is worked out from the few numbers below; it
// never becomes an entry in LoadTiming's queue. load_scattered.cpp says how.
#pragma once

#include <cstdint>

#include "runtime/support/types.hpp"
#include "sim/cycle/load_operation.hpp"
#include "sim/dram/strided_run.hpp"
#include "sim/support/divisor.hpp"

namespace satsim::cycle {

struct ScatteredRun {
    dram::StridedRun reads;  // that are left
    // Of the first line that has not been read.
    std::int64_t piece = 0;
    std::int64_t number = 0;
    Cycles base = 0;  // D of the operation

    // Behind a burst of so many lines.
    void pass(int lines, const Divisor& line_bytes) {
        piece += lines;
        number += lines;
        reads.pass(lines, line_bytes);
    }
    [[nodiscard]] bool done() const { return reads.positions == 0; }

    // Lines of all positions that are left; the position at hand has just been begun.
    [[nodiscard]] std::int64_t lines(const Divisor& line_bytes) const;
    void walk(StateWalk& state);
};

// True if the positions of `run`, `len` bytes each, are that far apart, whatever comes before them.
[[nodiscard]] bool is_scattered(const LoadRun& run, std::int64_t len, const Divisor& line_bytes);

}  // namespace satsim::cycle
