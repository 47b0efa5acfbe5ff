// What LOAD and STORE ask of the memory: an address handshake.
#pragma once

#include <cstdint>

#include "runtime/support/types.hpp"

namespace satsim::cycle {

struct BurstRequest {
    Cycles at = 0;          // cycle of the AR or AW handshake
    std::int64_t line = 0;  // first line, counted in DRAM lines
    int lines = 0;          // 0: nothing is asked
};

}  // namespace satsim::cycle
