#include "sim/cycle/stce_module.hpp"

namespace satsim::cycle {

Cycles StceModule::ready(const Dispatch& operation) {
    return timing_.ready(GemmOperation::from(operation.registers, operation.fields.flags));
}

void StceModule::dispatch(Cycles d, const Dispatch& operation) {
    const GemmOperation op = GemmOperation::from(operation.registers, operation.fields.flags);
    const StceRecurrence::Times times = timing_.dispatch(d, op);
    count(op);
    released(times.release);
    ended(times.end);
}

void StceModule::count(const GemmOperation& op) {
    ExecutionCounters& counters = run_.result.counters;
    const std::int64_t rows = run_.config.rows;
    const std::int64_t columns = run_.config.columns;
    counters.mac_slots += op.steps() * op.n * op.sr * op.sc * rows * columns;
    counters.west_words += op.steps() * op.feed_words() * rows;
    // Pairs read from the north: once a step (OS), once an operation for every array row in use (WS).
    const std::int64_t pairs = op.groups * op.n * (op.ws ? 1 : op.sc) * columns;
    counters.north_lines_bytes += op.dense ? pairs * 2 : pairs * 5 / 2;
    if (op.ws) {
        const std::int64_t sums = op.batches * op.sr * columns;
        counters.result_writes += sums;
        if (!op.first) counters.result_reads += sums;
    } else if (op.last) {
        counters.result_writes += op.rows * op.sr * op.sc * columns;
    }
}

}  // namespace satsim::cycle
