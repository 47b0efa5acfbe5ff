#include "runtime/comparison/target_run.hpp"

#include <algorithm>

namespace satsim {

Provenance weaker(Provenance a, Provenance b) {
    // From the one that says least about the real machine to the one that says most.
    constexpr Provenance kWeakestFirst[] = {Provenance::Modelled, Provenance::Simulated, Provenance::Recorded,
                                            Provenance::Measured};
    for (const Provenance candidate : kWeakestFirst)
        if (a == candidate || b == candidate) return candidate;
    return a;
}

Provenance TargetRun::provenance() const {
    std::optional<Provenance> found;
    for (const TaskResult& task : tasks)
        if (task.kind == "gemm") found = found ? weaker(*found, task.provenance) : task.provenance;
    return found.value_or(Provenance::Modelled);
}

double TargetRun::modelled_seconds() const {
    double seconds = 0;
    if (provenance() == Provenance::Modelled) return seconds;
    for (const TaskResult& task : tasks) {
        const bool modelled = task.provenance == Provenance::Modelled;
        seconds += modelled ? task.seconds : task.seconds * (1 - 1 / limit_factor);
    }
    return seconds;
}

namespace {

// What moves while other tasks run is no part of what a task's own seconds reach of the bandwidth.
Bytes bytes_in_its_seconds(const TaskResult& task) {
    if (task.hidden_seconds <= 0) return task.dram_bytes;
    const double share = task.seconds / (task.seconds + task.hidden_seconds);
    return static_cast<Bytes>(share * static_cast<double>(task.dram_bytes));
}

}  // namespace

void Work::add(const TaskResult& task) {
    ++tasks;
    seconds += task.seconds;
    joules += task.energy_j;
    bytes += bytes_in_its_seconds(task);
    macs += task.macs_issued;
    dense_macs += task.dense_macs;
}

double Work::intensity() const {
    return bytes > 0 ? executed_flops() / static_cast<double>(bytes) : 0;
}

Work total_work(const TargetRun& run) {
    Work work;
    for (const TaskResult& task : run.tasks) work.add(task);
    return work;
}

Work gemm_work(const TargetRun& run) {
    Work work;
    for (const TaskResult& task : run.tasks) {
        if (task.kind == "gemm") work.add(task);
    }
    return work;
}

RooflinePosition position(const Work& work, const Machine& machine) {
    RooflinePosition result;
    const bool arithmetic = work.macs > 0;
    result.roof = arithmetic && work.bytes > 0
                      ? std::min(machine.peak_flops, work.intensity() * machine.bandwidth)
                  : arithmetic ? machine.peak_flops
                               : machine.bandwidth;
    const double done = arithmetic ? work.executed_flops() : static_cast<double>(work.bytes);
    if (work.seconds > 0 && result.roof > 0) result.share = done / work.seconds / result.roof;
    return result;
}

}  // namespace satsim
