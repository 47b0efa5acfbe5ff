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
    TransferCost& operator+=(const TransferCost& other);
    [[nodiscard]] TransferCost operator*(double times) const {
        return {pieces * times, lines * times, bursts * times};
    }
};

// Runs at addresses `pitch` apart; a line is fetched once for neighbouring runs that share it.
[[nodiscard]] TransferCost transfer_cost(double positions, double bytes, double pitch,
                                         const isa::ArrayConfig& array);

// Of the positions, those where a tap reads an input row and no zeros above or below.
[[nodiscard]] double share_inside(const Gather& gather, int tap);

// Cycles that the STCE's array is occupied by one operation of `steps` steps in steady state.
[[nodiscard]] double occupied_cycles(std::int64_t steps, int n, int m, int sr, int sc);

// Kernel cycles in which the memory bus can move a line, over all cycles (refresh takes the rest).
[[nodiscard]] double refresh_share(const dram::MemoryConfig& memory);

// From a request to its line, where no row is open and nothing else is under way.
[[nodiscard]] double round_trip(const dram::MemoryConfig& memory);

// Turning the bus around for a group of written lines and back again.
[[nodiscard]] double turnaround(const dram::MemoryConfig& memory);

}  // namespace satsim::schedule
