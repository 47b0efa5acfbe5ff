#include "sim/dram/memory.hpp"

namespace satsim::dram {

void Memory::read(std::span<const BurstRequest> bursts, std::span<Cycles> arrival) {
    for (const BurstRequest& burst : bursts) {
        const auto lines = static_cast<std::size_t>(burst.lines);
        read(burst.at, burst.line, arrival.first(lines));
        arrival = arrival.subspan(lines);
    }
}

std::int64_t Memory::read_paced(PacedReader& /*reader*/, Cycles /*end*/, std::int64_t /*most*/,
                                const Divisor& /*line_bytes*/, const Divisor& /*burst_lines*/) {
    return 0;
}

}  // namespace satsim::dram
