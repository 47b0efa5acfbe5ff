// When an engine was busy, in a bounded number of intervals: what a trace shows of a program with more
// operations than it can draw.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/trace/execution.hpp"

namespace satsim {

// Cycles [begin, end) of a program; the engine had an operation in `busy` of them. Operations are those
// dispatched in it.
struct BusyInterval {
    Cycles begin = 0;
    Cycles end = 0;
    Cycles busy = 0;
    std::int64_t operations = 0;
    bool operator==(const BusyInterval&) const = default;
};

using BusyIntervals = std::array<std::vector<BusyInterval>, isa::kEngines>;

// The union of the operations of one engine, given in dispatch order. Where that is more than `most` (at
// least 1) intervals, the shortest gaps are closed until it is not, the earlier one first among equals;
// `busy` still leaves them out.
[[nodiscard]] std::vector<BusyInterval> busy_intervals(std::span<const OperationRecord> operations,
                                                       std::size_t most);

}  // namespace satsim
