#include "sim/cycle/vec_module.hpp"

#include "runtime/vector/accesses.hpp"

namespace satsim::cycle {

void VecModule::dispatch(Cycles d, const Dispatch& operation) {
    const VecOperation op = VecOperation::from(operation.registers);
    const VecTiming::Times times = timing_.dispatch(d, op);
    run_.result.counters.vector_elements += op.rows * op.channels * op.block_slots(timing_.lanes());
    const vector::Accesses accesses =
        vector::accesses_of(vector::decode(operation.registers, operation.fields.flags));
    run_.result.counters.vmem_words += accesses.vmem_words;
    run_.result.counters.cmem_values += accesses.cmem_values;
    released(times.release);
    ended(times.end);
}

}  // namespace satsim::cycle
