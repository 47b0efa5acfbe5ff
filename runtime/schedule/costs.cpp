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

// Of runs that lie `gap` bytes apart and end at `first_end` and multiples of the grain behind it in their
// lines, those that end more than `gap` before `limit`, counted from where the line that they end in begins.
double ending_before(double limit, double gap, double first_end, double grain, double line_bytes) {
    const double ends = std::ceil((limit - gap - first_end) / grain);
    return std::clamp(ends * grain / line_bytes, 0.0, 1.0);
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
    const auto grain = static_cast<double>(grain_of(step, base_step, array.line_bytes()));
    const double parts = std::ceil(bytes / grain);
    const double touched = 1 + std::max(0.0, parts - 1) * grain / line_bytes;
    // In the line that it ends in, from that line's beginning, a run ends here or grains further on.
    const double first_end = bytes - std::max(0.0, parts - 1) * grain;
    const double gap = pitch - bytes;
    TransferCost cost;
    cost.pieces = positions * touched;
    double ended = 0;  // of runs, those that end a burst, a line being left out behind them
    if (gap >= 0) {
        const double shared = ending_before(line_bytes, gap, first_end, grain, line_bytes);
        cost.lines = positions * touched - (positions - 1) * shared;
        ended = 1 - ending_before(2 * line_bytes, gap, first_end, grain, line_bytes);
    } else {
        // Overlapping runs: LOAD keeps two lines, so each is read once where two runs never share three.
        const auto of_pitch = static_cast<double>(grain_of(step, 0, array.line_bytes()));
        const bool kept = -gap <= line_bytes + of_pitch;
        cost.lines = kept ? std::min(cost.pieces, (positions * pitch - gap) / line_bytes) : cost.pieces;
    }
    const double most_lines = array.burst_lines;
    const double of_burst = ended * most_lines > touched ? touched / ended : most_lines;
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

bool shares_bus(const dram::MemoryConfig& memory) {
    return memory.kind != dram::MemoryKind::Ideal;
}

double bus_cycles(double read_lines, double written_lines, const dram::MemoryConfig& memory) {
    if (!shares_bus(memory)) return std::max(read_lines, written_lines);
    return (read_lines + written_lines) / refresh_share(memory);
}

// Closing the burst, its handshake, writing the line when it has come, and the token that says so
// (contract.md 3, 4): a cycle each.
constexpr int kAroundMemory = 4;

double round_trip(const dram::MemoryConfig& memory) {
    if (memory.kind == dram::MemoryKind::Ideal) return memory.ideal_latency + kAroundMemory;
    return memory.ddr4.ctrl + memory.ddr4.rcd + memory.ddr4.cl + memory.ddr4.phy + kAroundMemory;
}

double turnaround(const dram::MemoryConfig& memory) {
    return memory.kind == dram::MemoryKind::Ideal ? 0 : memory.ddr4.wtr + memory.ddr4.rtw;
}

}  // namespace satsim::schedule
