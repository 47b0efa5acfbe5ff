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
    const BurstRequest& request = timing_->request();
    const Cycles response = run_.memory->write(request.at, request.line, timing_->handshakes());
    note_progress(request.at, 1);
    timing_->accept(response);
    report();
}

void StoreModule::report() {
    while (timing_->has_release()) released(timing_->take_release());
    while (timing_->has_end()) ended(timing_->take_end());
}

}  // namespace satsim::cycle
