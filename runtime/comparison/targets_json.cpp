#include "runtime/comparison/targets_json.hpp"

#include "runtime/dispatch/bound.hpp"
#include "runtime/dispatch/result_json.hpp"

namespace satsim {
namespace {

using nlohmann::ordered_json;

double ratio(double a, double b) {
    return b > 0 ? a / b : 0;
}

ordered_json task_json(const TaskResult& task) {
    ordered_json object = {{"name", task.layer}, {"stage", task.stage}};
    if (task.kind == "gemm") {
        object.update({{"part", task.part},
                       {"m", task.shape.m},
                       {"n", task.shape.n},
                       {"k", task.shape.k},
                       {"count", task.count},
                       {"times", task.times},
                       {"nm", to_string(task.nm)},
                       {"dense_reason", task.dense_reason},
                       {"kernel", task.tile},
                       {"macs_issued", task.macs_issued},
                       {"macs_dense", task.dense_macs}});
    } else {
        object.update({{"kind", task.kind},
                       {"operation", task.kind == "transfer" ? task.part : task.tile},
                       {"times", task.times}});
    }
    object.update({{"seconds", task.seconds},
                   {"energy_j", task.energy_j},
                   {"dram_bytes", task.dram_bytes},
                   {"bound", to_string(task.bound)},
                   {"provenance", to_string(task.provenance)}});
    return object;
}

// Rates of some work, of the target as it is and over what it has.
ordered_json rates_json(const Work& work, const Machine& machine) {
    const double dense = ratio(work.dense_flops(), work.seconds);
    const double executed = ratio(work.executed_flops(), work.seconds);
    return {{"seconds", work.seconds},
            {"energy_j", work.joules},
            {"energy_delay_js", work.joules * work.seconds},
            {"flops_dense_equivalent", dense},
            {"flops_executed", executed},
            {"flops_dense_equivalent_per_watt", ratio(work.dense_flops(), work.joules)},
            {"flops_executed_per_watt", ratio(work.executed_flops(), work.joules)},
            {"mean_watts", ratio(work.joules, work.seconds)},
            {"share_of_peak", ratio(executed, machine.peak_flops)},
            {"flops_dense_equivalent_per_peak", ratio(dense, machine.peak_flops)},
            {"flops_dense_equivalent_per_byte_per_s", ratio(dense, machine.bandwidth)}};
}

ordered_json machines_json(const Group& group) {
    ordered_json machines = ordered_json::array();
    for (const Group::Part& part : group.parts)
        machines.push_back({{"name", part.name},
                            {"peak_flops", part.machine.peak_flops},
                            {"bandwidth_bytes_per_s", part.machine.bandwidth},
                            {"board_watts", part.machine.board_watts},
                            {"limit_factor", part.limit_factor}});
    return machines;
}

}  // namespace

ordered_json targets_json(std::span<const TargetRun> runs) {
    ordered_json targets = ordered_json::array();
    for (const TargetRun& run : runs) {
        const Work total = total_work(run);
        ordered_json layers = ordered_json::array();
        ordered_json others = ordered_json::array();
        for (std::size_t i = 0; i < run.tasks.size(); ++i) {
            const TaskResult& task = run.tasks[i];
            ordered_json object = task_json(task);
            if (run.group) object["machine"] = run.group->parts[run.group->places[i]].name;
            (task.kind == "gemm" ? layers : others).push_back(std::move(object));
        }
        targets.push_back({{"name", run.name},
                           {"provenance", to_string(run.provenance())},
                           {"modelled_seconds", run.modelled_seconds()},
                           {"limit_factor", run.limit_factor},
                           {"description", run.description},
                           {"seconds", total.seconds},
                           {"energy_j", total.joules},
                           {"busy_seconds", busy_work(run).seconds},
                           {"energy_known", run.energy_known},
                           {"energy_basis", run.energy_known ? ordered_json(to_string(run.energy_basis))
                                                             : ordered_json(nullptr)},
                           {"timing", run.timing.empty() ? ordered_json(nullptr) : ordered_json(run.timing)},
                           {"baseline_seconds", run.baseline_seconds},
                           {"baseline_energy_j", run.baseline_joules},
                           {"speedup", ratio(run.baseline_seconds, total.seconds)},
                           {"peaks", to_string(run.machine.peaks)},
                           {"peak_flops", run.machine.peak_flops},
                           {"bandwidth_bytes_per_s", run.machine.bandwidth},
                           {"board_watts", run.machine.board_watts},
                           {"step", rates_json(total, run.machine)},
                           {"gemm", rates_json(gemm_work(run), gemm_machine(run))},
                           {"layers", std::move(layers)},
                           {"other_tasks", std::move(others)},
                           {"fits", run.fits()},
                           {"baseline_fits", run.baseline_fits()}});
        if (run.memory) targets.back()["memory"] = memory_json(*run.memory);
        if (run.group) targets.back()["machines"] = machines_json(*run.group);
    }
    return targets;
}

ordered_json rows_json(std::span<const TargetRun> runs, std::span<const Row> rows) {
    ordered_json array = ordered_json::array();
    for (const Row& row : rows) {
        ordered_json cells = ordered_json::array();
        for (std::size_t i = 0; i < row.cells.size(); ++i) {
            if (!row.cells[i]) continue;
            const Cell& cell = *row.cells[i];
            cells.push_back({{"target", runs[i].name},
                             {"seconds", cell.work.seconds},
                             {"energy_j", cell.work.joules},
                             {"flop_per_byte", cell.work.intensity()},
                             {"roof", cell.position.roof},
                             {"share_of_roof", cell.position.share},
                             {"bound", to_string(cell.largest.bound)},
                             {"provenance", to_string(cell.provenance)}});
        }
        array.push_back({{"name", row.layer},
                         {"stage", row.stage},
                         {"part", row.part},
                         {"winner", row.winner ? nlohmann::ordered_json(runs[*row.winner].name) : nullptr},
                         {"margin", row.margin},
                         {"why", row.why},
                         {"targets", std::move(cells)}});
    }
    return array;
}

}  // namespace satsim
