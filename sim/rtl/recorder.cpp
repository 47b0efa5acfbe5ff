#include "sim/rtl/recorder.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "sim/rtl/rtl_sat.hpp"

namespace satsim::sim::rtl {

void Recorder::started(Cycles start) {
    execution_.start = start;
    execution_.end = start;
}

void Recorder::events(Cycles now, unsigned dispatched, unsigned released, unsigned ended, unsigned halted) {
    if (((dispatched | released | ended | halted) & 0xFU) == 0) return;
    if (((ended | halted) & 0xFU) != 0) execution_.end = now;
    for (std::size_t e = 0; e < isa::kEngines; ++e) {
        auto& operations = execution_.operations[e];
        const auto missing = [&] {
            return RtlError("cycle " + std::to_string(now) + ": " + std::string(isa::kEngineNames[e]) +
                            " reports the release or end of an operation that was not dispatched");
        };
        if (((released >> e) & 1U) != 0) {
            if (released_[e] == operations.size()) throw missing();
            operations[released_[e]++].release = now;
        }
        if (((ended >> e) & 1U) != 0) {
            if (ended_[e] == operations.size()) throw missing();
            operations[ended_[e]++].end = now;
        }
        if (((dispatched >> e) & 1U) != 0) operations.push_back({.start = now, .release = 0, .end = 0});
    }
}

void Recorder::count_gemm(const Gemm& op) {
    ExecutionCounters& counters = execution_.counters;
    const bool ws = (op.flags & isa::stce::kWs) != 0;
    const std::int64_t rows = config_.rows;
    const std::int64_t columns = config_.columns;
    const std::int64_t steps = ws ? op.batches : op.groups;
    counters.mac_slots += steps * op.n * op.sr * op.sc * rows * columns;
    const bool transposed = (op.flags & isa::stce::kTransposed) != 0;
    counters.west_words += steps * (transposed ? op.sr * op.m : op.sr * op.m / 4) * rows;
    // FP16 value, and half a byte of index unless DENSE: once a step (OS), once an operation for each row
    // used (WS).
    const std::int64_t pairs = op.groups * op.n * (ws ? 1 : op.sc) * columns;
    counters.north_lines_bytes += (op.flags & isa::stce::kDense) != 0 ? pairs * 2 : pairs * 5 / 2;
    if (ws) {
        const std::int64_t sums = op.batches * op.sr * columns;
        counters.result_writes += sums;
        if ((op.flags & isa::stce::kFirst) == 0) counters.result_reads += sums;
    } else if ((op.flags & isa::stce::kLast) != 0) {
        counters.result_writes += op.rows * op.sr * op.sc * columns;
    }
}

Execution Recorder::take() {
    for (std::size_t e = 0; e < isa::kEngines; ++e) {
        std::vector<OperationRecord> in_order = execution_.operations[e];
        std::sort(in_order.begin(), in_order.end(),
                  [](const auto& a, const auto& b) { return a.start < b.start; });
        Cycles busy_until = -1;
        for (const OperationRecord& operation : in_order) {
            const Cycles from = std::max(operation.start, busy_until + 1);
            if (operation.end < from) continue;
            execution_.busy[e] += operation.end - from + 1;
            busy_until = operation.end;
        }
    }
    released_.fill(0);
    ended_.fill(0);
    return std::exchange(execution_, {});
}

}  // namespace satsim::sim::rtl
