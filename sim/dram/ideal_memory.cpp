#include "sim/dram/ideal_memory.hpp"

namespace satsim::dram {

void IdealMemory::read(Cycles now, std::int64_t /*line*/, std::span<Cycles> arrival) {
    int beat = 0;
    for (Cycles& at : arrival) at = port_.arrive(now + config_.ideal_latency, bursts_, beat++);
    ++bursts_;
    counters_.read_lines += static_cast<std::int64_t>(arrival.size());
}

Cycles IdealMemory::write(Cycles now, std::int64_t /*line*/, std::span<Cycles> accepted) {
    Cycles last = now;
    int beat = 0;
    for (Cycles& at : accepted) at = last = port_.accept(last + 1, bursts_, beat++);
    ++bursts_;
    counters_.write_lines += static_cast<std::int64_t>(accepted.size());
    return last + 1;
}

MemoryCounters IdealMemory::counters(Cycles /*end*/) const {
    return counters_;
}

}  // namespace satsim::dram
