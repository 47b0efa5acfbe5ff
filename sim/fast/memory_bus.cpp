#include "sim/fast/memory_bus.hpp"

#include <algorithm>
#include <cmath>

namespace satsim::fast {

MemoryBus::MemoryBus(const dram::MemoryConfig& memory)
    : timing_(memory.ddr4), refresh_(static_cast<double>(memory.ddr4.refi)) {}

void MemoryBus::followed(Cycles at, bool write) {
    constexpr double kNear = 64;  // cycles
    const std::size_t direction = write ? 1 : 0;
    followed_[direction] = static_cast<double>(at);
    if (followed_[1 - direction] + kNear > followed_[direction]) {
        turns_[direction].bursts += 1;
        if (followed_write_ != write) turns_[direction].turned += 1;
    }
    followed_write_ = write;
}

MemoryBus::Slots MemoryBus::take(const Block& block) {
    const std::size_t direction = block.write ? 1 : 0;
    double turns = 0;
    if (ends_[1 - direction] + block.span > block.request)
        turns = (block.write ? timing_.rtw : timing_.wtr) * block.bursts * turns_[direction].share();
    double at = std::max(block.request + misses_ * (timing_.rp + timing_.rcd), free_);
    if (at >= refresh_) {
        refresh_ += std::floor((at - refresh_) / timing_.refi) * timing_.refi;
        at = std::max(at, refresh_ + timing_.rfc + timing_.rcd);
        refresh_ += timing_.refi;
    }
    Slots slots{at, at + block.lines + turns};
    if (slots.end > refresh_) {
        slots.end += timing_.rfc + timing_.rcd;
        refresh_ += timing_.refi;
    }
    ends_[direction] = free_ = slots.end;
    return slots;
}

}  // namespace satsim::fast
