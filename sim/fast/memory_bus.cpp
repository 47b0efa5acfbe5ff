#include "sim/fast/memory_bus.hpp"

#include <algorithm>
#include <cmath>

namespace satsim::fast {

MemoryBus::MemoryBus(const dram::MemoryConfig& memory)
    : timing_(memory.ddr4), refresh_(static_cast<double>(memory.ddr4.refi)) {}

void MemoryBus::followed(Cycles first, Cycles last, std::int64_t bursts, bool write) {
    constexpr double kNear = 64;  // cycles
    const std::size_t direction = write ? 1 : 0;
    const double left = followed_[1 - direction] + kNear - static_cast<double>(first);  // of the near ones
    if (left > 0) {
        const auto span = static_cast<double>(last - first);
        turns_[direction].bursts += left > span
                                        ? static_cast<double>(bursts)
                                        : 1 + std::floor(static_cast<double>(bursts - 1) * left / span);
        if (followed_write_ != write) turns_[direction].turned += 1;
    }
    followed_[direction] = static_cast<double>(last);
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
