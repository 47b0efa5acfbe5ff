// The cost of one training step: its tasks in order and their totals.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/dispatch/footprint.hpp"
#include "runtime/dispatch/target.hpp"
#include "runtime/energy/energy.hpp"
#include "runtime/hardware/hardware.hpp"

namespace satsim {

// Seconds of a step by who spends them; tasks follow each other, so the parts add up to the step.
struct TimeShares {
    double gemm = 0;
    double vector = 0;
    double host = 0;
    double transfer = 0;
    [[nodiscard]] double total() const { return gemm + vector + host + transfer; }
};

struct StepResult {
    std::string network;
    std::string recipe;
    std::int64_t batch = 0;
    std::string sample;                    // of the step
    std::vector<std::string> assumptions;  // of its recipe
    double clock_hz = 0;
    std::int64_t peak_macs = 0;     // per cycle
    std::vector<TaskResult> tasks;  // in execution order, transfers between them
    TimeShares time;
    Cycles gemm_cycles = 0;
    Macs macs_issued = 0;  // of real outputs, padding excluded
    Macs dense_macs = 0;
    Bytes dram_bytes = 0;
    energy::Report energy;
    std::optional<MemoryFit> memory;  // of the accelerator, for who adds it

    [[nodiscard]] double seconds() const { return time.total(); }
    [[nodiscard]] Cycles cycles() const;       // ceil(seconds * clock_hz)
    [[nodiscard]] double utilization() const;  // macs_issued / (R*C*gemm_cycles)
    // What N:M arithmetic alone could give: MACs dense over MACs issued, GEMM stages only.
    [[nodiscard]] double arithmetic_bound() const;
};

// Utilisation of one GEMM task, 0 for others.
[[nodiscard]] double task_utilization(const TaskResult& task, std::int64_t peak_macs);

// Adds up `tasks` and fills in each task's energy.
[[nodiscard]] StepResult total_up(const Hardware& hardware, const TrainingStep& step,
                                  std::vector<TaskResult> tasks);

// "conv1 BP phase 0,1": for tables and traces.
[[nodiscard]] std::string task_title(const TaskResult& task);

}  // namespace satsim
