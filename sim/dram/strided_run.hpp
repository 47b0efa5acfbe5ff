// Positions at a fixed distance, each read as bursts of its own.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/support/divisor.hpp"

namespace satsim::dram {

struct StridedRun {
    std::int64_t step = 0;  // bytes from one position to the next
    std::int64_t span = 0;  // bytes from a position's first word to its last one
    // The position at hand, and how many are left with it.
    std::int64_t address = 0;
    std::int64_t positions = 0;
    // Its lines that have not been read: [line, last_line].
    std::int64_t line = 0;
    std::int64_t last_line = 0;

    // The next burst's lines: to the position's end or to a multiple of the longest burst.
    [[nodiscard]] int burst(const Divisor& burst_lines) const {
        const std::int64_t to_boundary = burst_lines.value() - burst_lines.remainder(line);
        return static_cast<int>(std::min(last_line - line + 1, to_boundary));
    }
    // Behind a burst of so many lines.
    void pass(int lines, const Divisor& line_bytes) {
        line += lines;
        if (line <= last_line) return;
        --positions;
        address += step;
        begin_position(line_bytes);
    }
    [[nodiscard]] StridedRun last_position(const Divisor& line_bytes) const {
        StridedRun last = *this;
        last.positions = 1;
        last.address += (positions - 1) * step;
        last.begin_position(line_bytes);
        return last;
    }
    void begin_position(const Divisor& line_bytes) {
        line = line_bytes.quotient(address);
        last_line = line_bytes.quotient(address + span);
    }
};

}  // namespace satsim::dram
