// The bytes in which a worker hands back what it found. Both ends are one program: plain memory, no format.
#pragma once

#include <optional>

#include "runtime/schedule/gemm_schedule.hpp"
#include "runtime/trace/busy_intervals.hpp"
#include "runtime/trace/execution.hpp"
#include "sim/target/worker_pool.hpp"

namespace satsim::sat {

struct SimulationResult {
    std::optional<schedule::GemmSchedule> schedule;  // GEMM tasks only
    Execution execution;
    BusyIntervals intervals;  // when recorded
    bool simulated = true;    // false: by the fast model
};

[[nodiscard]] Bytes8 to_wire(const SimulationResult& result);
[[nodiscard]] SimulationResult from_wire(
    const Bytes8& bytes);  // std::logic_error for anything to_wire did not write

}  // namespace satsim::sat
