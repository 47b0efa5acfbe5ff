#include "runtime/schedule/costs.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/support/types.hpp"

namespace satsim::schedule {

TransferCost& TransferCost::operator+=(const TransferCost& other) {
    pieces += other.pieces;
    lines += other.lines;
    bursts += other.bursts;
    return *this;
}

namespace {

// By what the offsets of runs in their lines differ. Lines are powers of two but for three channels.
std::int64_t grain_of(std::int64_t step, std::int64_t line_bytes) {
    const bool power_of_two = (line_bytes & (line_bytes - 1)) == 0;
    return power_of_two ? std::min(step & -step, line_bytes) : std::gcd(step, line_bytes);
}

// Lines that `positions` runs touch, each counted once where neighbours share it.
double distinct_lines(double positions, double bytes, double pitch, double grain, double pieces,
                      double line_bytes) {
    if (bytes > pitch) {
        // Overlapping runs: LOAD keeps two lines, so each is read once where two runs never share three.
        const bool kept = bytes - pitch <= line_bytes + grain;
        return kept ? (positions * pitch + bytes - pitch) / line_bytes : pieces;
    }
    const bool neighbours_share = pitch < line_bytes || (bytes >= pitch && grain < line_bytes);
    return neighbours_share ? std::max(1.0, positions * std::max(pitch, bytes) / line_bytes) : pieces;
}

}  // namespace

TransferCost transfer_cost(double positions, double bytes, double pitch, const isa::ArrayConfig& array) {
    const double line_bytes = array.line_bytes();
    const auto step = static_cast<std::int64_t>(std::max(pitch, 8.0));
    const auto grain = static_cast<double>(grain_of(step, array.line_bytes()));
    const double touched = 1 + std::max(0.0, bytes - std::min(grain, bytes)) / line_bytes;
    TransferCost cost;
    cost.pieces = positions * touched;
    cost.lines =
        std::min(cost.pieces, distinct_lines(positions, bytes, pitch, grain, cost.pieces, line_bytes));
    // Runs that leave out no line are one sequence.
    const double of_burst =
        pitch - bytes < line_bytes ? array.burst_lines : std::min<double>(array.burst_lines, touched);
    cost.bursts = std::max(1.0, cost.lines / of_burst);
    return cost;
}

double share_inside(const Gather& gather, int tap) {
    const int dy = gather.taps[static_cast<std::size_t>(tap)].dy;
    const int first = std::max(0, ceil_div(-dy, gather.stride_y));
    const int last = std::min(gather.grid_h - 1, (gather.in_h - 1 - dy) / gather.stride_y);
    return gather.in_h > dy ? static_cast<double>(std::max(0, last - first + 1)) / gather.grid_h : 0;
}

double occupied_cycles(std::int64_t steps, int n, int m, int sr, int sc) {
    const double mac = static_cast<double>(n) * std::max(sr * sc, isa::timing::kAccInterval);
    const double feed = static_cast<double>(sr) * m / 4;
    return static_cast<double>(steps) * std::max(mac, feed);
}

double refresh_share(const dram::MemoryConfig& memory) {
    if (memory.kind == dram::MemoryKind::Ideal) return 1;
    return 1 - static_cast<double>(memory.ddr4.rfc + memory.ddr4.rp + memory.ddr4.rcd) / memory.ddr4.refi;
}

double round_trip(const dram::MemoryConfig& memory) {
    if (memory.kind == dram::MemoryKind::Ideal) return memory.ideal_latency + 4;
    return memory.ddr4.ctrl + memory.ddr4.rcd + memory.ddr4.cl + memory.ddr4.phy + 4;
}

double turnaround(const dram::MemoryConfig& memory) {
    return memory.kind == dram::MemoryKind::Ideal ? 0 : memory.ddr4.wtr + memory.ddr4.rtw;
}

}  // namespace satsim::schedule
