// What a GEMM task may be asked for, decided from its sizes before anything is scheduled
// (docs/formats/compare.md, "Compute-bound").
#pragma once

#include "runtime/isa/program.hpp"
#include "runtime/schedule/gemm_schedule.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::schedule {

// Bytes that any execution of the task moves at least, without padding: A's map (what taps read of it), B
// (packed where it is N:M) and C once, of all `count` instances.
[[nodiscard]] Bytes compulsory_bytes(const GemmTask& task);

// Cycles that the bus takes for them at least, a line each. Pixels that do not lie side by side (a stride
// skips their neighbours) take whole lines, each its own.
[[nodiscard]] Cycles compulsory_cycles(const GemmTask& task, const isa::ArrayConfig& array);

// MAC cycles are at least 1.2 times the cycles of the compulsory bytes, and a dot product is long enough
// (K*N/M >= rows) for draining a tile to hide behind the next one.
[[nodiscard]] bool compute_bound(const GemmTask& task, const isa::ArrayConfig& array);

// The utilisation that the array allows if nothing but rounding up to it costs anything. Output-stationary:
// m*n of whole tiles of rows x columns. Weight-stationary: rows hold groups of K, columns n.
[[nodiscard]] double array_fit(const GemmTask& task, Dataflow dataflow, const isa::ArrayConfig& array);

}  // namespace satsim::schedule
