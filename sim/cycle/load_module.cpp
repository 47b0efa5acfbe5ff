#include "sim/cycle/load_module.hpp"

namespace satsim::cycle {

void LoadModule::dispatch(Cycles d, const Dispatch& operation) {
    const LoadOperation op = LoadOperation::from(operation.registers, operation.fields.flags);
    run_.result.counters.load_words += op.written_words();
    timing_->dispatch(d, op);
    report();
}

void LoadModule::call() {
    const Cycles end = ceil_div<Ticks>(alone_until(), 2);  // a read of cycle t happens at 2t
    const Cycles ready = timing_->ready();
    do {  // until something becomes known that others or the sequencer may act on
        timing_->read_due(*run_.memory, end);
    } while (timing_->requesting() && timing_->request().at < end && !timing_->has_end() &&
             timing_->ready() == ready);
    report();
}

// LOAD releases its operands, the data in DRAM, when it ends.
void LoadModule::report() {
    while (timing_->has_end()) {
        const Cycles end = timing_->take_end();
        released(end);
        ended(end);
    }
}

}  // namespace satsim::cycle
