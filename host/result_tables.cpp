#include "host/result_tables.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

#include "runtime/dispatch/bound.hpp"

namespace satsim::host {
namespace {

struct Part {
    double seconds = 0;
    Cycles cycles = 0;
    Macs macs = 0;
    Bytes bytes = 0;
    double joules = 0;
};

constexpr std::array kParts{"GEMM FF", "GEMM BP", "GEMM WU", "vector (SAT)", "host", "transfer"};

std::string part_of(const TaskResult& task) {
    if (task.kind == "gemm") return "GEMM " + task.stage;
    return task.kind == "vector" ? "vector (SAT)" : task.kind;
}

std::map<std::string, Part> parts_of(const StepResult& result) {
    std::map<std::string, Part> parts;
    for (const TaskResult& task : result.tasks) {
        Part& part = parts[part_of(task)];
        part.seconds += task.seconds;
        part.cycles += task.cycles;
        part.macs += task.macs_issued;
        part.bytes += task.dram_bytes;
        part.joules += task.energy_j;
    }
    return parts;
}

std::string size_text(const TaskResult& task) {
    const std::string size = fmt::format("{}x{}x{}", task.shape.m, task.shape.n, task.shape.k);
    return task.count == 1 ? size : fmt::format("{} x {}", task.count, size);
}

std::string stage_text(const TaskResult& task) {
    return task.part.empty() ? task.stage : task.stage + " " + task.part;
}

// Operations per byte of DRAM traffic, a multiply-accumulate being two.
TableCell intensity(const TaskResult& task) {
    if (task.dram_bytes == 0) return no_cell();
    const double value = 2 * static_cast<double>(task.macs_issued) / static_cast<double>(task.dram_bytes);
    return {fmt::format("{:.0f}", value), fmt::format("{:.9g}", value), ""};
}

double utilization(const StepResult& result, const Part& part) {
    return part.cycles == 0 ? 0
                            : static_cast<double>(part.macs) /
                                  (static_cast<double>(result.peak_macs) * static_cast<double>(part.cycles));
}

TableCell ratio(double baseline, double value) {
    return value > 0 && baseline > 0 ? ratio_cell(baseline / value) : no_cell();
}

std::string key_of(const TaskResult& task) {
    return task.layer + "/" + task.stage + "/" + task.part;
}

}  // namespace

Table layer_table(const StepResult& result) {
    Table table({"<layer", "<stage", "M x N x K", "N:M", "cycles", "util", "op/byte", "DRAM", "<bound",
                 "<compute-bound", "<schedule", "<why below 95 %"});
    for (const TaskResult& task : result.tasks) {
        if (task.kind != "gemm") continue;
        table.row({task.layer, stage_text(task), size_text(task), to_string(task.nm), count_cell(task.cycles),
                   percent_cell(task_utilization(task, result.peak_macs)), intensity(task),
                   byte_cell(task.dram_bytes), to_string(task.bound), task.compute_bound ? "yes" : "no",
                   task.tile, shortfall(task, result.peak_macs)});
    }
    return table;
}

Table comparison_table(const StepResult& baseline, const StepResult& result) {
    std::map<std::string, const TaskResult*> before;
    for (const TaskResult& task : baseline.tasks) {
        if (task.kind == "gemm") before.emplace(key_of(task), &task);
    }
    Table table({"<layer", "<stage", "M x N x K", "N:M", baseline.recipe, "<bound", result.recipe, "<bound",
                 "speedup", "util", "op/byte", "DRAM", "energy", "<schedule", "<why dense",
                 "<why below 95 %"});
    table.name_in_csv(4, "baseline cycles");
    table.name_in_csv(5, "baseline bound");
    table.name_in_csv(6, "cycles");
    for (const TaskResult& task : result.tasks) {
        if (task.kind != "gemm") continue;
        const auto found = before.find(key_of(task));
        const TaskResult* old = found == before.end() ? nullptr : found->second;
        table.row({task.layer, stage_text(task), size_text(task), to_string(task.nm),
                   old != nullptr ? count_cell(old->cycles) : no_cell(),
                   old != nullptr ? to_string(old->bound) : "-", count_cell(task.cycles),
                   to_string(task.bound),
                   old != nullptr ? ratio(static_cast<double>(old->cycles), static_cast<double>(task.cycles))
                                  : no_cell(),
                   percent_cell(task_utilization(task, result.peak_macs)), intensity(task),
                   byte_cell(task.dram_bytes), joule_cell(task.energy_j), task.tile, task.dense_reason,
                   shortfall(task, result.peak_macs)});
    }
    return table;
}

Table stage_table(const StepResult& baseline, const StepResult& result) {
    std::map<std::string, Part> before = parts_of(baseline);
    std::map<std::string, Part> after = parts_of(result);
    Table table({"<part", baseline.recipe, result.recipe, "speedup", "util", "DRAM", "energy"});
    for (const char* name : kParts) {
        const Part& a = before[name];
        const Part& b = after[name];
        table.row({name, time_cell(a.seconds), time_cell(b.seconds), ratio(a.seconds, b.seconds),
                   b.macs > 0 ? percent_cell(utilization(result, b)) : no_cell(), byte_cell(b.bytes),
                   joule_cell(b.joules)});
    }
    table.rule();
    table.row({"GEMM stages only", time_cell(baseline.time.gemm), time_cell(result.time.gemm),
               ratio(baseline.time.gemm, result.time.gemm), percent_cell(result.utilization()), "", ""});
    table.row({"whole step", time_cell(baseline.seconds()), time_cell(result.seconds()),
               ratio(baseline.seconds(), result.seconds()), "", byte_cell(result.dram_bytes),
               joule_cell(result.energy.joules())});
    return table;
}

Table stage_table(const StepResult& result) {
    std::map<std::string, Part> parts = parts_of(result);
    Table table({"<part", "time", "share", "SAT cycles", "util", "DRAM", "energy"});
    for (const char* name : kParts) {
        const Part& part = parts[name];
        table.row({name, time_cell(part.seconds),
                   percent_cell(result.seconds() > 0 ? part.seconds / result.seconds() : 0),
                   count_cell(part.cycles),
                   part.macs > 0 ? percent_cell(utilization(result, part)) : no_cell(), byte_cell(part.bytes),
                   joule_cell(part.joules)});
    }
    table.rule();
    table.row({"whole step", time_cell(result.seconds()), percent_cell(1), count_cell(result.cycles()), "",
               byte_cell(result.dram_bytes), joule_cell(result.energy.joules())});
    return table;
}

Table energy_table(const energy::Report& report) {
    Table table({"<energy", "amount", "each", "joules", "<figure checked"});
    for (const energy::CountedEnergy& part : report.counted) {
        if (part.events == 0) continue;
        table.row({part.name, count_cell(part.events), fmt::format("{:.3g} J", part.each.value),
                   joule_cell(part.joules()), part.each.verified ? "yes" : "no"});
    }
    table.row({"counted events", "", "", joule_cell(report.counted_joules()), ""});
    table.rule();
    for (const energy::AssumedEnergy& part : report.assumed) {
        table.row({part.name, time_cell(part.seconds), fmt::format("{:.3g} W", part.watts.value * part.times),
                   joule_cell(part.joules()), part.watts.verified ? "yes" : "no"});
    }
    table.row({"assumed power", "", "", joule_cell(report.assumed_joules()), ""});
    return table;
}

std::string provenance_text(const StepResult& result) {
    std::string text = result.sample.empty() ? "" : "sample: " + result.sample + "\n";
    for (const std::string& assumption : result.assumptions)
        text += fmt::format("{}: assumed: {}\n", result.recipe, assumption);
    return text;
}

std::string totals_text(const StepResult& result) {
    const double intensity = result.dram_bytes > 0 ? 2 * static_cast<double>(result.macs_issued) /
                                                         static_cast<double>(result.dram_bytes)
                                                   : 0;
    bool modelled = false;
    for (const TaskResult& task : result.tasks)
        modelled = modelled || (task.provenance == Provenance::Modelled && task.kind != "host" &&
                                task.kind != "transfer");
    return fmt::format(
        "{}: step {} ({} cycles at {:g} MHz), GEMM {} cycles at {:.1f} % utilisation, {} DRAM, {:.1f} "
        "op/byte, "
        "{} counted + {} assumed{}\n",
        result.recipe, time_text(result.seconds()), grouped(result.cycles()), result.clock_hz / 1e6,
        grouped(result.gemm_cycles), 100 * result.utilization(), byte_text(result.dram_bytes), intensity,
        joule_text(result.energy.counted_joules()), joule_text(result.energy.assumed_joules()),
        modelled ? "; some SAT tasks are modelled, not simulated (see \"provenance\" in --json)" : "");
}

}  // namespace satsim::host
