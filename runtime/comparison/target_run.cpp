#include "runtime/comparison/target_run.hpp"

#include <algorithm>
#include <iterator>

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
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        const double factor = group ? group->parts[group->places[i]].limit_factor : limit_factor;
        const bool modelled = tasks[i].provenance == Provenance::Modelled;
        seconds += modelled ? tasks[i].seconds : tasks[i].seconds * (1 - 1 / factor);
    }
    return seconds;
}

const char* to_string(Peaks peaks) {
    constexpr const char* kNames[] = {"published", "measured", "mixed"};
    return kNames[static_cast<std::size_t>(peaks)];
}

const char* to_string(EnergyBasis basis) {
    constexpr const char* kNames[] = {"measured", "events", "fitted", "assumed"};
    return kNames[static_cast<std::size_t>(basis)];
}

void raise_roofs(Machine& machine, std::span<const TaskResult> tasks) {
    for (const TaskResult& task : tasks) {
        if (task.provenance == Provenance::Modelled || task.seconds <= 0) continue;
        Work work;
        work.add(task);
        machine.peak_flops = std::max(machine.peak_flops, work.executed_flops() / work.seconds);
        machine.bandwidth = std::max(machine.bandwidth, static_cast<double>(work.bytes) / work.seconds);
    }
}

const Machine& machine_of(const TargetRun& run, std::size_t task) {
    return run.group ? run.group->parts[run.group->places[task]].machine : run.machine;
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

Work busy_work(const TargetRun& run) {
    Work work;
    for (const TaskResult& task : run.tasks) work.add(task);
    return work;
}

Work total_work(const TargetRun& run) {
    Work work = busy_work(run);
    if (run.group) {
        work.seconds = run.group->seconds;
        work.joules = run.group->joules;
    }
    return work;
}

Work gemm_work(const TargetRun& run) {
    Work work;
    for (const TaskResult& task : run.tasks) {
        if (task.kind == "gemm") work.add(task);
    }
    return work;
}

Machine gemm_machine(const TargetRun& run) {
    if (!run.group) return run.machine;
    Machine mean;
    mean.peaks = run.machine.peaks;
    double seconds = 0;
    for (std::size_t i = 0; i < run.tasks.size(); ++i) {
        if (run.tasks[i].kind != "gemm") continue;
        const Machine& machine = machine_of(run, i);
        mean.peak_flops += run.tasks[i].seconds * machine.peak_flops;
        mean.bandwidth += run.tasks[i].seconds * machine.bandwidth;
        seconds += run.tasks[i].seconds;
    }
    if (seconds <= 0) return run.machine;
    mean.peak_flops /= seconds;
    mean.bandwidth /= seconds;
    return mean;
}

namespace {

double roof_of(const Work& work, const Machine& machine) {
    const bool arithmetic = work.macs > 0;
    return arithmetic && work.bytes > 0 ? std::min(machine.peak_flops, work.intensity() * machine.bandwidth)
           : arithmetic                 ? machine.peak_flops
                                        : machine.bandwidth;
}

}  // namespace

RooflinePosition position(const Work& work, const Machine& machine) {
    RooflinePosition result;
    result.roof = roof_of(work, machine);
    if (work.seconds > 0 && result.roof > 0) result.share = work.amount() / work.seconds / result.roof;
    return result;
}

RooflinePosition position(std::span<const PlacedWork> all) {
    // What takes no time has no place of its own ("none: another kernel does it").
    std::vector<PlacedWork> parts;
    std::ranges::copy_if(all, std::back_inserter(parts),
                         [](const PlacedWork& part) { return part.work.seconds > 0; });
    if (parts.empty()) return all.empty() ? RooflinePosition{} : position(all[0].work, all[0].machine);
    if (parts.size() == 1) return position(parts[0].work, parts[0].machine);
    const bool arithmetic =
        std::ranges::any_of(parts, [](const PlacedWork& part) { return part.work.macs > 0; });
    double amount = 0;
    double seconds = 0;
    double at_the_roof = 0;  // seconds that it would take
    for (const PlacedWork& part : parts) {
        const double roof = roof_of(part.work, part.machine);
        if (roof <= 0) return {};  // of one machine not known
        if (!arithmetic || part.work.macs > 0) amount += part.work.amount();
        seconds += part.work.seconds;
        at_the_roof += part.work.amount() / roof;
    }
    if (amount <= 0) return {};
    return {amount / at_the_roof, at_the_roof / seconds};
}

}  // namespace satsim
