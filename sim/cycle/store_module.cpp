#include "sim/cycle/store_module.hpp"

namespace satsim::cycle {

void StoreModule::dispatch(Cycles d, const Dispatch& operation) {
    const StoreOperation op = StoreOperation::from(operation.registers, operation.fields.flags);
    if (op.source == StoreSource::Result) {
        run_.result.counters.result_reads += op.count * (op.len / op.element_bytes());
    }
    if (op.source == StoreSource::Vmem) run_.result.counters.vmem_words += op.count * (op.len / 8);
    timing_->dispatch(d, op);
    report();
}

void StoreModule::call() {
    const Cycles end = alone_until() / 2;  // a write of cycle t happens at 2t + 1
    do {  // until something becomes known that others or the sequencer may act on
        const BurstRequest& request = timing_->request();
        timing_->accept(run_.memory->write(request.at, request.line, timing_->handshakes()));
    } while (timing_->requesting() && timing_->request().at < end && !timing_->has_release() &&
             !timing_->has_end());
    report();
}

void StoreModule::report() {
    while (timing_->has_release()) released(timing_->take_release());
    while (timing_->has_end()) ended(timing_->take_end());
}

}  // namespace satsim::cycle
