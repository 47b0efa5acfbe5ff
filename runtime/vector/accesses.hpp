// How often an operation of VEC uses its memories, for the energy of a run; a function of the instruction
// alone.
#pragma once

#include "runtime/vector/parameters.hpp"

namespace satsim::vector {

// Temporaries and SORE's buffers are part of the lane: their energy belongs to the micro-operation.
struct Accesses {
    std::int64_t vmem_words =
        0;  // 8-byte words that the lanes read, and that results and packed copies write
    std::int64_t cmem_values = 0;  // 4-byte values read or written
    bool operator==(const Accesses&) const = default;
};

// Counts the accesses of docs/architecture/vector.md §4's programs: an operand or result costs the words of
// all rows once in each slot that uses it.
[[nodiscard]] Accesses accesses_of(const Parameters& parameters);

}  // namespace satsim::vector
