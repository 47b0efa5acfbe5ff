#include "host/result_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

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

void add(Part& part, const TaskResult& task) {
    part.seconds += task.seconds;
    part.cycles += task.cycles;
    part.macs += task.macs_issued;
    part.bytes += task.dram_bytes;
    part.joules += task.energy_j;
}

std::map<std::string, Part> parts_of(const StepResult& result) {
    std::map<std::string, Part> parts;
    for (const TaskResult& task : result.tasks) add(parts[part_of(task)], task);
    return parts;
}

Part gemm_part(const StepResult& result) {
    Part part;
    for (const TaskResult& task : result.tasks)
        if (task.kind == "gemm") add(part, task);
    return part;
}

Part whole_part(const StepResult& result) {
    return {result.seconds(), result.cycles(), result.macs_issued, result.dram_bytes, result.energy.joules()};
}

// Work that is no GEMM: by stage, kind and operation.
using OperationKey = std::tuple<std::string, std::string, std::string>;
struct Operation {
    Part part;
    std::int64_t tasks = 0;
    std::map<Bound, double> bounds;  // seconds
};

std::map<OperationKey, Operation> operations_of(const StepResult& result) {
    std::map<OperationKey, Operation> operations;
    for (const TaskResult& task : result.tasks) {
        if (task.kind == "gemm") continue;
        const std::string& name = task.kind == "transfer" ? task.part : task.tile;
        Operation& operation = operations[{task.stage, task.kind, name}];
        add(operation.part, task);
        operation.tasks += task.times;
        operation.bounds[task.bound] += task.seconds;
    }
    return operations;
}

// "bandwidth", or "bandwidth 83 %" of the operation's time where its tasks differ.
std::string bound_text(const Operation& operation) {
    if (operation.bounds.empty()) return "-";
    const auto [bound, seconds] =
        *std::max_element(operation.bounds.begin(), operation.bounds.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; });
    if (seconds >= operation.part.seconds) return to_string(bound);
    return fmt::format("{} {:.0f} %", to_string(bound), 100 * seconds / operation.part.seconds);
}

// What takes longest first.
std::vector<OperationKey> by_time(const std::map<OperationKey, Operation>& operations) {
    std::vector<OperationKey> keys;
    for (const auto& [key, operation] : operations) keys.push_back(key);
    std::stable_sort(keys.begin(), keys.end(), [&](const OperationKey& a, const OperationKey& b) {
        return operations.at(a).part.seconds > operations.at(b).part.seconds;
    });
    return keys;
}

std::string size_text(const TaskResult& task) {
    const std::string size = fmt::format("{}x{}x{}", task.shape.m, task.shape.n, task.shape.k);
    return task.count == 1 ? size : fmt::format("{} x {}", task.count, size);
}

std::string stage_text(const TaskResult& task) {
    return task.part.empty() ? task.stage : task.stage + " " + task.part;
}

// Operations per byte of DRAM traffic, a multiply-accumulate being two; none of work that has only bytes.
TableCell intensity(Macs macs, Bytes bytes) {
    if (bytes == 0 || macs == 0) return no_cell();
    const double value = 2 * static_cast<double>(macs) / static_cast<double>(bytes);
    return {fmt::format("{:.0f}", value), fmt::format("{:.9g}", value), ""};
}

TableCell intensity(const TaskResult& task) {
    return intensity(task.macs_issued, task.dram_bytes);
}

TableCell share_cell(double part, double whole) {
    return percent_cell(whole > 0 ? part / whole : 0);
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
    Table table({"<part", baseline.recipe, result.recipe, "speedup", "SAT cycles", "util", "op/byte", "DRAM",
                 "energy"});
    const auto row = [&](const char* name, const Part& a, const Part& b, bool has_cycles, bool has_rate) {
        table.row({name, time_cell(a.seconds), time_cell(b.seconds), ratio(a.seconds, b.seconds),
                   has_cycles ? count_cell(b.cycles) : no_cell(),
                   has_rate ? percent_cell(utilization(result, b)) : no_cell(), intensity(b.macs, b.bytes),
                   byte_cell(b.bytes), joule_cell(b.joules)});
    };
    for (const char* name : kParts)
        row(name, before[name], after[name], after[name].cycles > 0, after[name].macs > 0);
    table.rule();
    row("GEMM stages only", gemm_part(baseline), gemm_part(result), true, true);
    row("whole step", whole_part(baseline), whole_part(result), true, false);
    return table;
}

Table stage_table(const StepResult& result) {
    std::map<std::string, Part> parts = parts_of(result);
    Table table({"<part", "time", "share", "SAT cycles", "util", "op/byte", "DRAM", "energy"});
    const auto row = [&](const char* name, const Part& part, bool has_cycles, bool has_rate) {
        table.row({name, time_cell(part.seconds), share_cell(part.seconds, result.seconds()),
                   has_cycles ? count_cell(part.cycles) : no_cell(),
                   has_rate ? percent_cell(utilization(result, part)) : no_cell(),
                   intensity(part.macs, part.bytes), byte_cell(part.bytes), joule_cell(part.joules)});
    };
    for (const char* name : kParts) row(name, parts[name], parts[name].cycles > 0, parts[name].macs > 0);
    table.rule();
    row("GEMM stages only", gemm_part(result), true, true);
    row("whole step", whole_part(result), true, false);
    return table;
}

Table operation_table(const StepResult& baseline, const StepResult& result) {
    std::map<OperationKey, Operation> before = operations_of(baseline);
    std::map<OperationKey, Operation> after = operations_of(result);
    for (const auto& [key, operation] : before) after[key];  // what the recipe has no more: no time
    Table table({"<operation", "<stage", "<on", "tasks", baseline.recipe, result.recipe, "speedup", "share",
                 "<bound", "DRAM", "energy"});
    for (const OperationKey& key : by_time(after)) {
        const auto& [stage, kind, name] = key;
        const Operation& operation = after[key];
        const Part& part = operation.part;
        table.row({name, stage, kind, count_cell(operation.tasks), time_cell(before[key].part.seconds),
                   time_cell(part.seconds), ratio(before[key].part.seconds, part.seconds),
                   share_cell(part.seconds, result.seconds()), bound_text(operation), byte_cell(part.bytes),
                   joule_cell(part.joules)});
    }
    return table;
}

Table operation_table(const StepResult& result) {
    std::map<OperationKey, Operation> operations = operations_of(result);
    Table table({"<operation", "<stage", "<on", "tasks", "time", "share", "<bound", "DRAM", "energy"});
    for (const OperationKey& key : by_time(operations)) {
        const auto& [stage, kind, name] = key;
        const Operation& operation = operations[key];
        table.row({name, stage, kind, count_cell(operation.tasks), time_cell(operation.part.seconds),
                   share_cell(operation.part.seconds, result.seconds()), bound_text(operation),
                   byte_cell(operation.part.bytes), joule_cell(operation.part.joules)});
    }
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

std::string provenance_text(const std::string& recipe, const std::string& sample,
                            const std::vector<std::string>& assumptions) {
    std::string text = sample.empty() ? "" : "sample: " + sample + "\n";
    for (const std::string& assumption : assumptions)
        text += fmt::format("{}: assumed: {}\n", recipe, assumption);
    return text;
}

std::string provenance_text(const StepResult& result) {
    return provenance_text(result.recipe, result.sample, result.assumptions);
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
