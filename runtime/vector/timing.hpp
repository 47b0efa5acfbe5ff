// When a vector operation starts, frees its operands and ends: a function of the instruction alone;
// docs/architecture/vector.md §1. The cycle model uses these numbers, the RTL is held to them.
#pragma once

#include "runtime/vector/parameters.hpp"

namespace satsim::vector {

struct OperationTiming {
    int slots = 0;  // K, of VEC_BLOCK cycles each
    std::int64_t blocks = 0;
    Cycles issue = 0;     // I: release is dispatch + issue
    Cycles occupied = 0;  // I + X: the next operation may be dispatched from dispatch + occupied on
    Cycles end = 0;       // end is dispatch + end
    std::int64_t micro_operations = 0;  // rows * channels * K
};

[[nodiscard]] OperationTiming timing_of(const Parameters& parameters, const isa::ArrayConfig& config);

}  // namespace satsim::vector
