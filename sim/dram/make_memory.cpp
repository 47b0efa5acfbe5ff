#include "sim/dram/ddr4_memory.hpp"
#include "sim/dram/ideal_memory.hpp"

namespace satsim::dram {

std::unique_ptr<Memory> make_memory(const MemoryConfig& config) {
    if (config.kind == MemoryKind::Ideal) return std::make_unique<IdealMemory>(config);
    return std::make_unique<Ddr4Memory>(config);
}

void Memory::read(std::span<const BurstRequest> bursts, std::span<Cycles> arrival) {
    for (const BurstRequest& burst : bursts) {
        const auto lines = static_cast<std::size_t>(burst.lines);
        read(burst.at, burst.line, arrival.first(lines));
        arrival = arrival.subspan(lines);
    }
}

std::int64_t Memory::read_paced(PacedReads& /*reads*/, const Divisor& /*line_bytes*/,
                                const Divisor& /*burst_lines*/) {
    return 0;
}

}  // namespace satsim::dram
