// The estimate: what the operations of a schedule's program cost each engine (costs.hpp), one after the other
// as the engines wait for each other (tile_pipeline.hpp). docs/architecture/fast-model.md has the distances;
// nothing here is fitted to a result.
#pragma once

#include "runtime/schedule/costs.hpp"
#include "runtime/schedule/emit_gemm_os.hpp"
#include "runtime/schedule/emit_gemm_ws.hpp"
#include "runtime/schedule/emit_gemm_wu.hpp"
#include "runtime/schedule/tile_pipeline.hpp"

namespace satsim::schedule {

// Of output-stationary operations (contract.md 5); `transposed`: WU's, to which a word from the west gives
// one element, not four.
[[nodiscard]] TilePipeline::Timing os_timing(const isa::ArrayConfig& array, const NmPattern& nm, int sr,
                                             int sc, bool transposed);

[[nodiscard]] Estimate predict_os(const GemmTask& task, const GemmSchedule& schedule,
                                  const MachineView& machine, const OsPlan& plan);
[[nodiscard]] Estimate predict_wu(const GemmTask& task, const GemmSchedule& schedule,
                                  const MachineView& machine, const WuPlan& plan);
[[nodiscard]] Estimate predict_ws(const GemmTask& task, const GemmSchedule& schedule,
                                  const MachineView& machine, const WsPlan& plan);

}  // namespace satsim::schedule
