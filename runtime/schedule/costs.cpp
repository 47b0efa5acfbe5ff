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
    behind = std::max(behind, other.behind);
    return *this;
}

namespace {

// By what the offsets of runs in their lines differ where their addresses differ by multiples of either step.
// Lines are powers of two but for three channels.
std::int64_t grain_of(std::int64_t pitch, std::int64_t base_step, std::int64_t line_bytes) {
    const bool power_of_two = (line_bytes & (line_bytes - 1)) == 0;
    if (!power_of_two) return std::gcd(std::gcd(pitch, base_step), line_bytes);
    const std::int64_t steps = pitch | base_step | line_bytes;
    return steps & -steps;
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

// Of runs with a gap between them, those behind which a line is left out: they end a burst. Where they end in
// their lines, all multiples of the grain are equally often.
double breaks(double gap, double grain, double line_bytes) {
    const double ends = std::floor((gap - line_bytes) / grain) + 1;
    return std::clamp(ends * grain / line_bytes, 1e-9, 1.0);
}

// Of the positions, those where a tap reads an input row and no zeros above or below.
double share_inside(const Gather& gather, int tap) {
    const int dy = gather.taps[static_cast<std::size_t>(tap)].dy;
    const int first = std::max(0, ceil_div(-dy, gather.stride_y));
    const int last = std::min(gather.grid_h - 1, (gather.in_h - 1 - dy) / gather.stride_y);
    return gather.in_h > dy ? static_cast<double>(std::max(0, last - first + 1)) / gather.grid_h : 0;
}

}  // namespace

TransferCost transfer_cost(double positions, double bytes, double pitch, const isa::ArrayConfig& array,
                           std::int64_t base_step) {
    const double line_bytes = array.line_bytes();
    const auto step = static_cast<std::int64_t>(std::max(pitch, 8.0));
    const auto grain = static_cast<double>(grain_of(step, 0, array.line_bytes()));
    const auto start = static_cast<double>(grain_of(step, base_step, array.line_bytes()));
    const double touched = 1 + std::max(0.0, std::ceil(bytes / start) - 1) * start / line_bytes;
    TransferCost cost;
    cost.pieces = positions * touched;
    cost.lines =
        std::min(cost.pieces, distinct_lines(positions, bytes, pitch, grain, cost.pieces, line_bytes));
    const double of_burst =
        std::min<double>(array.burst_lines, touched / breaks(pitch - bytes, start, line_bytes));
    // So many pieces close a burst (contract.md 9).
    const double most_pieces = array.piece_fifo / 2;
    cost.bursts = std::max({1.0, cost.lines / of_burst, cost.pieces / most_pieces});
    cost.behind = std::min(cost.pieces / cost.bursts, most_pieces);
    return cost;
}

TransferCost matrix_cost(double rows, double row_bytes, double pitch, const isa::ArrayConfig& array,
                         std::int64_t base_step) {
    if (row_bytes != pitch) return transfer_cost(rows, row_bytes, pitch, array, base_step);
    return transfer_cost(1, rows * row_bytes, rows * row_bytes, array);
}

TransferCost gather_cost(const Gather& gather, int tap, double positions, double bytes,
                         std::int64_t pixel_pitch, const isa::ArrayConfig& array, std::int64_t base_step) {
    // Columns of the kernel begin at pixels that a stride of more than one leaves out.
    const std::int64_t column = gather.taps[static_cast<std::size_t>(tap)].dx * pixel_pitch;
    TransferCost cost = transfer_cost(positions, bytes, static_cast<double>(gather.stride_x * pixel_pitch),
                                      array, std::gcd(base_step, column));
    const double inside = share_inside(gather, tap);
    cost.lines *= inside;
    cost.bursts *= inside;
    return cost;
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
