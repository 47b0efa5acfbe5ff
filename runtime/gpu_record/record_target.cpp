#include "runtime/gpu_record/record_target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "runtime/dispatch/gemm_result.hpp"
#include "runtime/gpu_record/energy_share.hpp"
#include "runtime/gpu_record/fitting_part.hpp"
#include "runtime/gpu_record/plan.hpp"
#include "runtime/support/error.hpp"

namespace satsim::gpu {
namespace {

std::string layer_of(const Task& task) {
    return std::visit([](const auto& t) { return t.layer + " " + to_string(t.stage); }, task);
}

std::string steps_text(const Recording& recording) {
    std::string text;
    for (const RecordedStep& s : recording.steps)
        text += fmt::format("{}{} {} batch {}", text.empty() ? "" : ", ", s.network, s.recipe, s.batch);
    return text.empty() ? "nothing" : text;
}

// Which of the board's measured roofs is the nearer one; the start of a kernel where that takes half of the
// time.
Bound bound_of(const MeasuredDevice& device, const Work& work, const Measurement& measured) {
    if (measured.seconds <= 2 * device.launch_seconds) return Bound::Launch;
    const double memory_s =
        static_cast<double>(compulsory_bytes(work)) / std::max(device.copy_bandwidth, 1.0);
    const double compute_s = 2 * static_cast<double>(dense_macs(work)) / std::max(device.dense_flops, 1.0);
    return memory_s >= compute_s ? Bound::Bandwidth : Bound::Compute;
}

// Row-wise work as recordings hold it that are older than its shape: measured as traffic of the same bytes,
// which its kernel says.
Work without_shape(const Work& work) {
    Work older = work;
    if (auto* vector = std::get_if<VectorWork>(&older)) vector->shape = {};
    return older;
}

const Measurement* find_measurement(const Recording& recording, const Work& work) {
    auto found = recording.measurements.find(work);
    if (found == recording.measurements.end()) found = recording.measurements.find(without_shape(work));
    return found == recording.measurements.end() ? nullptr : &found->second;
}

// Zeros that a recording lacks: older ones were taken before steps asked for all of theirs. A kernel writes
// them as fast as a copy, which the recording has, at the mean power of its vector work. Nothing for other
// work.
std::optional<Measurement> zero_fill_of(const Work& work, const Recording& recording) {
    const auto* vector = std::get_if<VectorWork>(&work);
    if (vector == nullptr || vector->op != VectorOp::ZeroFill || recording.device.copy_bandwidth <= 0)
        return std::nullopt;
    double joules = 0;
    double seconds = 0;
    for (const auto& [other, measured] : recording.measurements) {
        if (!std::holds_alternative<VectorWork>(other) || !measured.joules) continue;
        joules += *measured.joules;
        seconds += measured.seconds;
    }
    Measurement estimate;
    estimate.kernel = "not recorded: as fast as a copy";
    estimate.seconds = recording.device.launch_seconds +
                       static_cast<double>(compulsory_bytes(work)) / recording.device.copy_bandwidth;
    if (seconds > 0) estimate.joules = estimate.seconds * joules / seconds;
    return estimate;
}

// Of work whose kernel moved a share of what it should: all of it at that rate, behind one launch.
Measurement with_all_bytes(Measurement m, double moved, double launch_seconds) {
    const double seconds = launch_seconds + std::max(m.seconds - launch_seconds, 0.0) / moved;
    if (m.joules) *m.joules *= seconds / m.seconds;
    m.seconds = seconds;
    m.kernel += ", scaled to all that is moved";
    return m;
}

TaskResult blank_of(const Task& task) {
    if (const auto* gemm = std::get_if<GemmTask>(&task)) return result_of(*gemm);
    const auto& vector = std::get<VectorTask>(task);
    TaskResult result;
    result.layer = vector.layer;
    result.stage = to_string(vector.stage);
    result.kind = "vector";
    result.tile = name_of_work(vector);
    return result;
}

}  // namespace

void measure_missing(const std::vector<Task>& tasks, Meter& meter, Recording& recording, TimeBudget& budget,
                     const std::function<void(std::size_t, std::size_t)>& progress) {
    constexpr double kRoom = 0.8;  // of the memory: libraries and their workspaces want some
    const auto room = static_cast<Bytes>(kRoom * static_cast<double>(recording.device.memory_bytes));
    const WorkPlan plan = plan_work(tasks);
    budget.expect(tasks, recording.device);
    std::size_t done = 0;
    for (const Work& work : plan.works) {
        const auto known = recording.measurements.find(work);
        const bool timed = known != recording.measurements.end();
        // Work that did not matter to an earlier step may matter to this one.
        if (!timed || known->second.shared_power) {
            const bool energy = budget.reads(work);
            if (!timed || energy) {
                const FittingPart part = fitting_part(work, room, recording.device.name);
                recording.measurements.insert_or_assign(work, budget.spend(work, energy, [&] {
                    return whole_of(meter.measure(part.work, energy), part.share);
                }));
            }
        }
        if (progress) progress(++done, plan.works.size());
    }
    share_power(plan, recording);
}

bool knows_energy(const std::vector<Task>& tasks, const Recording& recording) {
    const WorkPlan plan = plan_work(tasks);
    return std::all_of(plan.works.begin(), plan.works.end(), [&](const Work& work) {
        const Measurement* found = find_measurement(recording, work);
        return found == nullptr || found->joules;
    });
}

void copy_measurements(const std::vector<Task>& tasks, const Recording& from, Recording& to) {
    for (const Work& work : plan_work(tasks).works)
        to.measurements.insert_or_assign(work, from.measurements.at(work));
}

std::vector<TaskResult> RecordTarget::run(const std::vector<Task>& tasks,
                                          const std::function<void(std::size_t, std::size_t)>& progress) {
    const WorkPlan plan = plan_work(tasks);
    const double launch_seconds = recording_.device.launch_seconds;
    std::vector<TaskResult> results;
    results.reserve(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        TaskResult result = blank_of(tasks[i]);
        result.provenance = provenance_;
        const PlannedTask& planned = plan.tasks[i];
        if (planned.share == 0) {
            result.tile += (result.tile.empty() ? "" : ", ") + planned.note;
        } else {
            const Work& work = plan.works[planned.work];
            const Measurement* recorded = find_measurement(recording_, work);
            const double moved = recorded != nullptr ? moved_share(work, *recorded) : 1;
            const std::optional<Measurement> estimate =
                recorded == nullptr ? zero_fill_of(work, recording_)
                : moved < 1         ? std::optional(with_all_bytes(*recorded, moved, launch_seconds))
                                    : std::nullopt;
            if (recorded == nullptr && !estimate)
                throw InputError(
                    recording_.file, "",
                    fmt::format("has no measurement of layer {} ({}), expected one of the steps that it "
                                "holds: {}",
                                layer_of(tasks[i]), describe(work), steps_text(recording_)));
            const Measurement& measured = estimate ? *estimate : *recorded;
            if (estimate) result.provenance = Provenance::Modelled;
            result.seconds = measured.seconds * planned.share;
            result.energy_j = measured.joules.value_or(0) * planned.share;
            result.dram_bytes =
                static_cast<Bytes>(std::llround(static_cast<double>(compulsory_bytes(work)) * planned.share));
            result.bound = bound_of(recording_.device, work, measured);
            if (result.kind == "gemm") {
                result.dense_reason =
                    measured.dense_reason.empty() ? result.dense_reason : measured.dense_reason;
                result.macs_issued = measured.sparse ? result.dense_macs / 2 : result.dense_macs;
                result.tile = measured.kernel;
            } else {
                result.tile += ", " + measured.kernel;
            }
            if (measured.measured_share < 1) result.tile += ", measured in parts";
            if (!planned.note.empty()) result.tile += ", " + planned.note;
        }
        results.push_back(std::move(result));
        if (progress) progress(results.size(), tasks.size());
    }
    return results;
}

}  // namespace satsim::gpu
