// How many tokens one iteration of each loop makes and takes: loops of different engines belong together when
// their tokens balance.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/isa/instruction.hpp"

namespace satsim::fast {

// Tokens made minus tokens taken, of each semaphore.
using Tokens = std::array<std::int64_t, isa::kSemaphores>;

struct StreamLoops {
    std::vector<Tokens> of;     // by the number of a loop's first instruction; empty streams: empty
    std::uint32_t toggled = 0;  // registers that XOR changes: no step per iteration
};

[[nodiscard]] StreamLoops find_loops(std::span<const isa::Instruction> stream);

}  // namespace satsim::fast
