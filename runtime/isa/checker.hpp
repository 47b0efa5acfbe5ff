// Refuses programs that hardware cannot run to their end, before anything runs.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "runtime/isa/program.hpp"

namespace satsim::isa {

struct CheckReport {
    // Per semaphore, in tokens: what is left at the end (allowed), and the most that any timing can pile up.
    std::array<int, kSemaphores> left{};
    std::array<int, kSemaphores> highest{};
    std::int64_t steps = 0;  // of the token walk, see token_walk.hpp
};

// Checks, in this order:
//   structure    configuration, program address, every instruction by itself, stream length against the
//   instruction
//                memory, loops balanced and at most kLoopDepth deep, one HALT, at the end of every non-empty
//                stream
//   parameters   of every RUN, as far as its registers are constants there (operation_rules.hpp)
//   semaphores   one producing and one consuming engine each
//   tokens       no deadlock and no semaphore above 255, under every timing
// Throws InputError, one line beginning with `name`.
CheckReport inspect(const Program& program, const std::string& name);
void check(const Program& program, const std::string& name);

}  // namespace satsim::isa
