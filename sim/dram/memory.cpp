#include "sim/dram/memory.hpp"

namespace satsim::dram {

std::int64_t Memory::read_paced(PacedReader& /*reader*/, Cycles /*end*/, std::int64_t /*most*/,
                                const Divisor& /*line_bytes*/, const Divisor& /*burst_lines*/) {
    return 0;
}

}  // namespace satsim::dram
