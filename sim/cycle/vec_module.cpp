#include "sim/cycle/vec_module.hpp"

namespace satsim::cycle {

void VecModule::dispatch(Cycles /*d*/, const Dispatch& operation) {
    throw InputError("program", "/VEC",
                     "the cycle model has no timing for vector operation " +
                         std::to_string(operation.registers[static_cast<std::size_t>(isa::vec::op)]));
}

}  // namespace satsim::cycle
