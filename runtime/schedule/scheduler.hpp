// Chooses a schedule for a task and emits its program. The choice is made by a closed-form estimate; the fast
// and the cycle model re-rank the best few (sim/fast/ranked_schedules.hpp, sim/target).
#pragma once

#include <functional>
#include <vector>

#include "runtime/hardware/memory_config.hpp"
#include "runtime/schedule/gemm_schedule.hpp"
#include "runtime/schedule/known_estimates.hpp"

namespace satsim::schedule {

// What the scheduler needs to know of the machine.
struct MachineView {
    isa::ArrayConfig array;
    dram::MemoryConfig memory;
};

// A schedule and its program.
struct Candidate {
    GemmSchedule schedule;
    isa::Program program;
};

// Schedules that fit the machine's buffers and differ in their programs, best estimate first, those of nearly
// equal cycles by their DRAM traffic; at most `limit`. Throws InputError naming the layer when nothing fits.
[[nodiscard]] std::vector<Candidate> candidate_programs(const GemmTask& task, const MachineView& machine,
                                                        const ScheduleOptions& options, std::size_t limit);

// The same one by one: what `watch` knows of the earlier ones spares it later ones. `known`: of this task and
// machine; what is in it is not estimated again.
struct CandidateWatch {
    std::function<bool(const GemmSchedule&)> worth;  // whether to emit it at all
    std::function<void(Candidate&)> emitted;
};
[[nodiscard]] std::vector<Candidate> candidate_programs(const GemmTask& task, const MachineView& machine,
                                                        const ScheduleOptions& options, std::size_t limit,
                                                        const CandidateWatch& watch, KnownEstimates& known);

[[nodiscard]] std::vector<GemmSchedule> candidate_schedules(const GemmTask& task, const MachineView& machine,
                                                            const ScheduleOptions& options,
                                                            std::size_t limit);

// The program of a task under a schedule. Deterministic. The DRAM layout is docs/architecture/layouts.md's;
// the image is empty.
[[nodiscard]] isa::Program emit_gemm(const GemmTask& task, const GemmSchedule& schedule,
                                     const MachineView& machine);

// By closed form, without a program; docs/architecture/fast-model.md.
struct Estimate {
    Cycles cycles = 0;
    double lines = 0;  // moved on the memory bus, both directions
    Cycles least = 0;  // a bound that holds: MAC slots taken, idle ones of a step included
};
[[nodiscard]] Estimate predict_gemm(const GemmTask& task, const GemmSchedule& schedule,
                                    const MachineView& machine);

// Program of a vector task that SAT's VEC executes (task.sat_capable).
[[nodiscard]] isa::Program emit_vector(const VectorTask& task, const MachineView& machine);

}  // namespace satsim::schedule
