#include "runtime/gpu_record/record_target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "runtime/dispatch/gemm_result.hpp"
#include "runtime/gpu_record/energy_share.hpp"
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

void require_room(const std::vector<Task>& tasks, const MeasuredDevice& device) {
    constexpr double kGiga = 1e9;
    for (const Work& work : plan_work(tasks).works) {
        const Bytes bytes = compulsory_bytes(work);
        if (bytes > device.memory_bytes)
            throw InputError("GPU", "",
                             fmt::format("{} takes {:.1f} GB, expected at most the {:.1f} GB of {}",
                                         describe(work), static_cast<double>(bytes) / kGiga,
                                         static_cast<double>(device.memory_bytes) / kGiga, device.name));
    }
}

void measure_missing(const std::vector<Task>& tasks, Meter& meter, Recording& recording,
                     const std::function<void(std::size_t, std::size_t)>& progress) {
    const WorkPlan plan = plan_work(tasks);
    std::size_t done = 0;
    const std::vector<bool> read = read_by_itself(tasks, plan, recording.device);
    for (std::size_t i = 0; i < plan.works.size(); ++i) {
        const auto known = recording.measurements.find(plan.works[i]);
        // Work that did not matter to an earlier step may matter to this one.
        if (known == recording.measurements.end() || (read[i] && known->second.shared_power))
            recording.measurements.insert_or_assign(plan.works[i], meter.measure(plan.works[i], read[i]));
        if (progress) progress(++done, plan.works.size());
    }
    share_power(plan, recording);
}

bool knows_energy(const std::vector<Task>& tasks, const Recording& recording) {
    const WorkPlan plan = plan_work(tasks);
    return std::all_of(plan.works.begin(), plan.works.end(), [&](const Work& work) {
        const auto found = recording.measurements.find(work);
        return found == recording.measurements.end() || found->second.joules;
    });
}

void copy_measurements(const std::vector<Task>& tasks, const Recording& from, Recording& to) {
    for (const Work& work : plan_work(tasks).works) to.measurements.emplace(work, from.measurements.at(work));
}

std::vector<TaskResult> RecordTarget::run(const std::vector<Task>& tasks,
                                          const std::function<void(std::size_t, std::size_t)>& progress) {
    const WorkPlan plan = plan_work(tasks);
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
            const auto found = recording_.measurements.find(work);
            const bool recorded = found != recording_.measurements.end();
            const std::optional<Measurement> estimate =
                recorded ? std::nullopt : zero_fill_of(work, recording_);
            if (!recorded && !estimate)
                throw InputError(
                    recording_.file, "",
                    fmt::format("has no measurement of layer {} ({}), expected one of the steps that it "
                                "holds: {}",
                                layer_of(tasks[i]), describe(work), steps_text(recording_)));
            const Measurement& measured = recorded ? found->second : *estimate;
            if (!recorded) result.provenance = Provenance::Modelled;
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
            if (!planned.note.empty()) result.tile += ", " + planned.note;
        }
        results.push_back(std::move(result));
        if (progress) progress(results.size(), tasks.size());
    }
    return results;
}

}  // namespace satsim::gpu
