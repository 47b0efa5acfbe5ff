// The registers of a stream as far as they are constants at each RUN, without running any loop.
//
// Registers are 0 at the start. A register that a loop of more than one iteration writes is unknown from the
// loop's beginning on, until an instruction sets it again.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "runtime/isa/operation_rules.hpp"

namespace satsim::isa {

using RunVisitor =
    std::function<void(std::size_t at, const RunFields& fields, const KnownRegisters& registers)>;

// Visits every RUN once, in the order of the stream, whose loops must be balanced.
void visit_runs(const std::vector<Instruction>& stream, const RunVisitor& visit);

}  // namespace satsim::isa
