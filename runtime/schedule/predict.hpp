// The estimate: closed forms of what one tile costs each engine and the memory.
// docs/architecture/fast-model.md derives them; nothing here is fitted to a result.
#pragma once

#include "runtime/schedule/emit_gemm_os.hpp"
#include "runtime/schedule/emit_gemm_ws.hpp"
#include "runtime/schedule/emit_gemm_wu.hpp"

namespace satsim::schedule {

// What a LOAD or STORE operation of `positions` runs of `bytes` at `pitch` costs.
struct TransferCost {
    double pieces = 0;  // cycles of the address generator and the data path, one piece a cycle
    double lines = 0;   // lines moved on the memory bus
};

// Runs at addresses `pitch` apart; a line is fetched once for neighbouring runs that share it.
[[nodiscard]] TransferCost transfer_cost(double positions, double bytes, double pitch, double line_bytes);

// Cycles that the STCE's array is occupied by one operation of `steps` steps in steady state.
[[nodiscard]] double occupied_cycles(std::int64_t steps, int n, int m, int sr, int sc);

// Kernel cycles in which the memory bus can move a line, over all cycles (refresh takes the rest).
[[nodiscard]] double refresh_share(const dram::MemoryConfig& memory);

[[nodiscard]] Estimate predict_os(const GemmTask& task, const GemmSchedule& schedule,
                                  const MachineView& machine, const OsPlan& plan);
[[nodiscard]] Estimate predict_wu(const GemmTask& task, const GemmSchedule& schedule,
                                  const MachineView& machine, const WuPlan& plan);
[[nodiscard]] Estimate predict_ws(const GemmTask& task, const GemmSchedule& schedule,
                                  const MachineView& machine, const WsPlan& plan);

}  // namespace satsim::schedule
