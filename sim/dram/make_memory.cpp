#include "sim/dram/ddr4_memory.hpp"
#include "sim/dram/ideal_memory.hpp"

namespace satsim::dram {

std::unique_ptr<Memory> make_memory(const MemoryConfig& config) {
    if (config.kind == MemoryKind::Ideal) return std::make_unique<IdealMemory>(config);
    return std::make_unique<Ddr4Memory>(config);
}

}  // namespace satsim::dram
