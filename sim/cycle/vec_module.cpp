#include "sim/cycle/vec_module.hpp"

namespace satsim::cycle {

void VecModule::dispatch(Cycles d, const Dispatch& operation) {
    const VecOperation op = VecOperation::from(operation.registers);
    const VecTiming::Times times = timing_.dispatch(d, op);
    run_.result.counters.vector_elements += op.rows * op.channels * op.block_slots(timing_.lanes());
    released(times.release);
    ended(times.end);
}

}  // namespace satsim::cycle
