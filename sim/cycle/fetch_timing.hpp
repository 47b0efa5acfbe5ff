// FETCH: the cycle in which all sequencers execute their first instruction. contract.md §2, without SystemC.
#pragma once

#include "runtime/isa/program.hpp"
#include "runtime/support/types.hpp"
#include "sim/dram/memory.hpp"

namespace satsim::cycle {

// Lines of the program image behind the header: every stream begins at a line boundary.
[[nodiscard]] std::int64_t fetch_body_lines(const isa::Program& program);

// Reads the image through `memory` (in its reset state) from cycle 0 on and returns `start`.
[[nodiscard]] Cycles fetch(const isa::Program& program, dram::Memory& memory);

}  // namespace satsim::cycle
