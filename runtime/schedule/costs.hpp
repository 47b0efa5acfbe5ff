// What one operation of an engine costs, in closed form; docs/architecture/fast-model.md derives them. Cycles
// are kernel cycles. Nothing here is fitted to a result.
#pragma once

#include <cstdint>

#include "runtime/hardware/memory_config.hpp"
#include "runtime/isa/program.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::schedule {

// Cycles of an operation of LOAD or STORE before its first piece, its dispatch included.
inline constexpr double kOperationSetUp = isa::timing::kAddressSetup + 2;

// What a LOAD or STORE operation of `positions` runs of `bytes` at `pitch` costs.
struct TransferCost {
    double pieces = 0;  // cycles of the address generator and the data path, one piece a cycle
    double lines = 0;   // lines moved on the memory bus
    double bursts = 0;  // in which they are asked for
    // Pieces that LOAD still writes when it has generated the last: those of a burst, whose lines are asked
    // for when it is closed.
    double behind = 0;
    TransferCost& operator+=(const TransferCost& other);
    [[nodiscard]] TransferCost operator*(double times) const {
        return {pieces * times, lines * times, bursts * times, behind};
    }
};

// Runs at addresses `pitch` apart; a line is fetched once for neighbouring runs that share it. The mean over
// operations whose first runs begin multiples of `base_step` behind a line.
[[nodiscard]] TransferCost transfer_cost(double positions, double bytes, double pitch,
                                         const isa::ArrayConfig& array, std::int64_t base_step = 0);

// Rows of a matrix, `row_bytes` of each; whole rows that follow each other are one run.
[[nodiscard]] TransferCost matrix_cost(double rows, double row_bytes, double pitch,
                                       const isa::ArrayConfig& array, std::int64_t base_step = 0);

// What a tap reads at `positions` of all that there are; of lines, none for the padding above and below.
[[nodiscard]] TransferCost gather_cost(const Gather& gather, int tap, double positions, double bytes,
                                       std::int64_t pixel_pitch, const isa::ArrayConfig& array,
                                       std::int64_t base_step = 0);

// Bytes by which the words of indices of one panel of columns lie behind those of the panel before.
[[nodiscard]] constexpr std::int64_t index_step(std::int64_t columns) {
    return columns % isa::kIndicesOfWord == 0 ? columns / 2 : 8;
}

// Cycles that the STCE's array is occupied by one operation of `steps` steps in steady state.
[[nodiscard]] double occupied_cycles(std::int64_t steps, int n, int m, int sr, int sc);

// Kernel cycles in which the memory bus can move a line, over all cycles (refresh takes the rest).
[[nodiscard]] double refresh_share(const dram::MemoryConfig& memory);
// Whether reads and writes share the bus. Ideal memory moves a line of each in a cycle.
[[nodiscard]] bool shares_bus(const dram::MemoryConfig& memory);
// Cycles that lines of both directions take on it at the least.
[[nodiscard]] double bus_cycles(double read_lines, double written_lines, const dram::MemoryConfig& memory);

// From a request to its line, where no row is open and nothing else is under way.
[[nodiscard]] double round_trip(const dram::MemoryConfig& memory);

// Turning the bus around for a group of written lines and back again.
[[nodiscard]] double turnaround(const dram::MemoryConfig& memory);

}  // namespace satsim::schedule
