#include "sim/fast/memory_bus.hpp"

#include <algorithm>
#include <cmath>

namespace satsim::fast {

MemoryBus::MemoryBus(const dram::MemoryConfig& memory)
    : timing_(memory.ddr4),
      refreshes_(memory.kind == dram::MemoryKind::Ddr4),
      refresh_(static_cast<double>(memory.ddr4.refi)) {}

MemoryBus::Slots MemoryBus::take(double request, double lines, double bursts, bool write) {
    double at = request + misses_ * (timing_.rp + timing_.rcd);
    double turns = 0;
    if (writing_ != write) {
        // A block that meets traffic of the other direction takes turns with it, burst by burst.
        const double turn = writing_ ? timing_.wtr : timing_.rtw;
        turns = free_ + turn > request
                    ? turn * std::max(1.0, std::min(bursts, lines * density_[write ? 0 : 1]))
                    : 0;
    }
    at = std::max(at, free_);
    if (refreshes_ && at >= refresh_) {
        const double passed = std::floor((at - refresh_) / timing_.refi);
        refresh_ += passed * timing_.refi;
        at = std::max(at, refresh_ + timing_.rfc + timing_.rcd);
        refresh_ += timing_.refi;
    }
    Slots slots{at, at + lines + turns};
    if (refreshes_ && slots.end > refresh_) {
        slots.end += timing_.rfc + timing_.rcd;
        refresh_ += timing_.refi;
    }
    free_ = slots.end;
    writing_ = write;
    density_[write ? 1 : 0] = bursts / lines;
    return slots;
}

}  // namespace satsim::fast
