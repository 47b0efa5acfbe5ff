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

// The works of a step that are measured or read, one after the other: first those that stand in the place of
// tasks, then all that the step still runs.
class Measuring {
  public:
    Measuring(Meter& meter, Recording& recording, TimeBudget& budget)
        : meter_(meter), recording_(recording), budget_(budget) {
        constexpr double kRoom = 0.8;  // of the memory: libraries and their workspaces want some
        room_ = static_cast<Bytes>(kRoom * static_cast<double>(recording.device.memory_bytes));
    }

    // Unless it is known. Work that did not matter to an earlier step may matter to this one.
    void measure(const Work& work) {
        const auto known = recording_.measurements.find(work);
        const bool timed = known != recording_.measurements.end();
        if (timed && !known->second.shared_power) return;
        const bool energy = budget_.reads(work);
        if (timed && !energy) return;
        const FittingPart part = fitting_part(work, room_, recording_.device.name);
        recording_.measurements.insert_or_assign(work, budget_.spend(work, energy, [&] {
            return whole_of(meter_.measure(part.work, energy), part.share);
        }));
    }

    // What nothing runs is left out of the plan, and the recording says why. `step`: called after each
    // fusion.
    void measure_fusions(WorkPlan& plan, const std::function<void()>& step) {
        std::vector<std::size_t> dropped;
        for (const PlannedFusion& fusion : plan.fusions) {
            if (!measure_parts(plan, fusion))
                dropped.insert(dropped.end(), fusion.works.begin(), fusion.works.end());
            step();
        }
        for (const std::size_t work : dropped) {
            const auto refused = budget_.refused().find(plan.works[work]);
            if (refused != budget_.refused().end()) recording_.refused.insert(*refused);
            budget_.forget(plan.works[work]);
        }
        plan.leave_out(budget_.refused());
    }

  private:
    // False where nothing runs one of them, now or in an earlier fusion.
    bool measure_parts(const WorkPlan& plan, const PlannedFusion& fusion) {
        if (std::ranges::any_of(
                fusion.works, [&](std::size_t work) { return budget_.refused().contains(plan.works[work]); }))
            return false;
        for (const std::size_t work : fusion.works) {
            try {
                measure(plan.works[work]);
            } catch (const NoKernel& error) {
                budget_.refuse(plan.works[work], error.what());
                return false;
            }
        }
        return true;
    }

    Meter& meter_;
    Recording& recording_;
    TimeBudget& budget_;
    Bytes room_ = 0;
};

// A recording's results, task by task and for what stands in the place of several.
class Reading {
  public:
    Reading(const Recording& recording, Provenance provenance)
        : recording_(recording), provenance_(provenance) {}

    // Nothing where the recording has no such work, nor anything to tell it by.
    [[nodiscard]] bool has(const Work& work) const { return find_measurement(recording_, work) != nullptr; }

    [[nodiscard]] TaskResult result(const Task& task, const Work& work, double share,
                                    const std::string& note) const {
        const Measurement* recorded = find_measurement(recording_, work);
        const double moved = recorded != nullptr ? moved_share(work, *recorded) : 1;
        const std::optional<Measurement> estimate =
            recorded == nullptr ? zero_fill_of(work, recording_)
            : moved < 1 ? std::optional(with_all_bytes(*recorded, moved, recording_.device.launch_seconds))
                        : std::nullopt;
        if (recorded == nullptr && !estimate)
            throw InputError(
                recording_.file, "",
                fmt::format("has no measurement of layer {} ({}), expected one of the steps that "
                            "it holds: {}",
                            layer_of(task), describe(work), steps_text(recording_)));
        TaskResult result = blank_of(task);
        result.provenance = estimate ? Provenance::Modelled : provenance_;
        fill(estimate ? *estimate : *recorded, work, share, note, result);
        return result;
    }
    [[nodiscard]] TaskResult free(const Task& task, const std::string& note) const {
        TaskResult result = blank_of(task);
        result.provenance = provenance_;
        result.tile += (result.tile.empty() ? "" : ", ") + note;
        return result;
    }

  private:
    void fill(const Measurement& measured, const Work& work, double share, const std::string& note,
              TaskResult& result) const {
        result.seconds = measured.seconds * share;
        result.energy_j = measured.joules.value_or(0) * share;
        result.dram_bytes =
            static_cast<Bytes>(std::llround(static_cast<double>(compulsory_bytes(work)) * share));
        result.bound = bound_of(recording_.device, work, measured);
        if (result.kind == "gemm") {
            result.dense_reason = measured.dense_reason.empty() ? result.dense_reason : measured.dense_reason;
            result.macs_issued = measured.sparse ? result.dense_macs / 2 : result.dense_macs;
            result.tile = measured.kernel;
        } else if (std::holds_alternative<AttentionWork>(work)) {
            result.macs_issued = dense_macs(work);
            result.tile = measured.kernel;
        } else {
            result.tile += ", " + measured.kernel;
        }
        if (measured.measured_share < 1) result.tile += ", measured in parts";
        if (!note.empty()) result.tile += ", " + note;
    }

    const Recording& recording_;
    Provenance provenance_;
};

}  // namespace

void measure_missing(const std::vector<Task>& tasks, Meter& meter, Recording& recording, TimeBudget& budget,
                     const std::function<void(std::size_t, std::size_t)>& progress) {
    WorkPlan plan = plan_work(tasks, meter.kernels());
    budget.expect(tasks, recording.device, meter.kernels());
    Measuring measuring(meter, recording, budget);
    const std::size_t total = plan.fusions.size() + plan.works.size();
    std::size_t done = 0;
    const auto step = [&] {
        if (progress) progress(++done, total);
    };
    measuring.measure_fusions(plan, step);
    // Again: tasks of what nothing runs in one are not expected yet.
    budget.expect(tasks, recording.device, meter.kernels());
    const std::vector<double> runs = plan.runs(tasks);
    for (std::size_t i = 0; i < plan.works.size(); ++i) {
        if (runs[i] > 0) measuring.measure(plan.works[i]);
        step();
    }
    share_power(plan, recording);
}

bool knows_energy(const std::vector<Task>& tasks, const Recording& recording) {
    const WorkPlan plan = plan_work(tasks, Kernels::Fused);
    return std::all_of(plan.works.begin(), plan.works.end(), [&](const Work& work) {
        const Measurement* found = find_measurement(recording, work);
        return found == nullptr || found->joules;
    });
}

void copy_measurements(const std::vector<Task>& tasks, const Recording& from, Recording& to) {
    for (const Work& work : plan_work(tasks, Kernels::Fused).works) {
        const auto found = from.measurements.find(work);
        if (found != from.measurements.end()) to.measurements.insert_or_assign(work, found->second);
        const auto refused = from.refused.find(work);
        if (refused != from.refused.end()) to.refused.insert(*refused);
    }
}

std::vector<TaskResult> RecordTarget::run(const std::vector<Task>& tasks,
                                          const std::function<void(std::size_t, std::size_t)>& progress) {
    WorkPlan plan = plan_work(tasks, Kernels::Fused);
    const Reading reading(recording_, provenance_);
    std::erase_if(plan.fusions, [&](const PlannedFusion& fusion) {
        return !std::ranges::all_of(fusion.works,
                                    [&](std::size_t work) { return reading.has(plan.works[work]); });
    });
    const std::vector<double> runs = plan.runs(tasks);
    std::vector<TaskResult> results;
    results.reserve(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        const PlannedTask& planned = plan.tasks[i];
        results.push_back(
            planned.share == 0 || runs[planned.work] == 0
                ? reading.free(tasks[i], planned.note)
                : reading.result(tasks[i], plan.works[planned.work], planned.share, planned.note));
        if (progress) progress(results.size(), tasks.size());
    }
    for (const PlannedFusion& planned : plan.fusions) {
        std::vector<TaskResult> parts;
        for (std::size_t p = 0; p < planned.works.size(); ++p)
            parts.push_back(
                reading.result(planned.fusion.parts[p].task, plan.works[planned.works[p]], 1, ""));
        // A recording has both only where another step ran them by themselves.
        for (const std::size_t i : planned.fusion.tasks) {
            const PlannedTask& alone = plan.tasks[i];
            if (alone.share == 0)
                results[i].apart = std::make_shared<const TaskResult>(results[i]);
            else if (reading.has(plan.works[alone.work]))
                results[i].apart = std::make_shared<const TaskResult>(
                    reading.result(tasks[i], plan.works[alone.work], alone.share, alone.note));
        }
        take(planned.fusion, parts, results);
    }
    return results;
}

}  // namespace satsim::gpu
