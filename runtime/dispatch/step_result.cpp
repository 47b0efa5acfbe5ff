#include "runtime/dispatch/step_result.hpp"

#include <cmath>
#include <stdexcept>

namespace satsim {
namespace {

constexpr Bytes kBeat = 64;   // bytes of an AXI or DDR4 burst
constexpr Bytes kRow = 8192;  // bytes of an open DDR4 row

// The card refreshes while the host computes or moves data too: every channel, every tREFI. A task that is
// counted several times refreshes as often as each of them written out.
std::int64_t refreshes_during(const TaskResult& task, const Hardware& hardware) {
    if (hardware.memory_kind == dram::MemoryKind::Ideal) return 0;
    const double interval = hardware.memory_config().ddr4.refi / hardware.clock_hz;
    const double once = task.seconds / static_cast<double>(task.times);
    return std::llround(once / interval) * hardware.array.channels * task.times;
}

// What a task's energy is made of. A transfer streams whole rows through the card's memory and over PCIe.
energy::Events events_of(const TaskResult& task, const Hardware& hardware) {
    if (task.kind == "gemm" || task.kind == "vector")
        return energy::count_events(task.execution, hardware.array.channels) * task.times;
    energy::Events events;
    if (task.kind == "host") {
        events.ddr4_refreshes = refreshes_during(task, hardware);
        return events;
    }
    const Bytes bytes = task.dram_bytes / task.times;
    events.pcie_bytes = bytes;
    const Bytes beats = ceil_div(bytes, kBeat);
    (task.part == "to host" ? events.ddr4_reads : events.ddr4_writes) = beats;
    events.ddr4_activates = ceil_div(bytes, kRow);
    events = events * task.times;
    events.ddr4_refreshes = refreshes_during(task, hardware);
    return events;
}

}  // namespace

Cycles StepResult::cycles() const {
    // A product a hair above a whole number is rounding, not another cycle.
    return static_cast<Cycles>(std::ceil(seconds() * clock_hz * (1 - 1e-12)));
}

double StepResult::utilization() const {
    if (gemm_cycles == 0) return 0;
    return static_cast<double>(macs_issued) /
           (static_cast<double>(peak_macs) * static_cast<double>(gemm_cycles));
}

double StepResult::arithmetic_bound() const {
    return macs_issued == 0 ? 1 : static_cast<double>(dense_macs) / static_cast<double>(macs_issued);
}

double task_utilization(const TaskResult& task, std::int64_t peak_macs) {
    if (task.cycles == 0) return 0;
    return static_cast<double>(task.macs_issued) /
           (static_cast<double>(peak_macs) * static_cast<double>(task.cycles));
}

std::string task_title(const TaskResult& task) {
    std::string title = task.layer + " " + task.stage;
    if (!task.part.empty()) title += " " + task.part;
    if (task.kind != "gemm" && !task.tile.empty()) title += " " + task.tile;
    if (task.times > 1) title += " x" + std::to_string(task.times);
    return title;
}

StepResult total_up(const Hardware& hardware, const TrainingStep& step, std::vector<TaskResult> tasks) {
    StepResult result;
    result.network = step.network;
    result.recipe = step.recipe;
    result.batch = step.batch;
    result.sample = step.sample;
    result.assumptions = step.assumptions;
    result.clock_hz = hardware.clock_hz;
    result.peak_macs = hardware.peak_macs();
    energy::Events events;
    double host_busy = 0;  // computing or moving data, in the step's time or behind it
    for (TaskResult& task : tasks) {
        const energy::Events own = events_of(task, hardware);
        const bool on_host = task.kind == "host" || task.kind == "transfer";
        const double busy = on_host ? task.seconds + task.hidden_seconds : 0;
        host_busy += busy;
        task.energy_j = energy::joules(hardware, own, {task.seconds, busy});
        events += own;
        result.dram_bytes += task.dram_bytes;
        if (task.kind == "gemm") {
            result.time.gemm += task.seconds;
            result.gemm_cycles += task.cycles;
            result.macs_issued += task.macs_issued;
            result.dense_macs += task.dense_macs;
        } else if (task.kind == "vector") {
            result.time.vector += task.seconds;
        } else {
            (task.kind == "host" ? result.time.host : result.time.transfer) += task.seconds;
        }
    }
    result.tasks = std::move(tasks);
    result.energy = energy::make_report(hardware, events, {result.seconds(), host_busy});
    if (result.utilization() > 1)
        throw std::logic_error("more multiply-accumulates were counted than the array has slots for");
    return result;
}

}  // namespace satsim
