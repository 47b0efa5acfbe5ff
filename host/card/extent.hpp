// How much memory a program touches.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/isa/program.hpp"

namespace satsim::card {

// The byte address after the last one that the program reads or writes, its own image and segments included.
// Walks every position of every LOAD and STORE. The program must have passed isa::check. Throws InputError,
// one line beginning with `name`.
[[nodiscard]] std::int64_t memory_extent(const isa::Program& program, const std::string& name);

}  // namespace satsim::card
