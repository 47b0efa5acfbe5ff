#include "runtime/vector/vector_engine.hpp"

namespace satsim::vector {

void VectorEngine::execute(const functional::Operation& op, functional::OnChipState& state) {
    if (lanes(state.config) != cmem_.lanes())
        functional::fail(op, "the vector engine was built for other lines");
    if (const auto fault = operation_fault(op.registers, op.flags, state.config))
        functional::fail(op, *fault);
    if (execute_vector(decode(op.registers, op.flags), state.vmem, cmem_)) state.nonfinite = true;
}

}  // namespace satsim::vector
