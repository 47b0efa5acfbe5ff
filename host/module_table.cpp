#include "host/module_table.hpp"

#include "host/compare/target_labels.hpp"
#include "host/table.hpp"
#include "runtime/comparison/module_shares.hpp"
#include "runtime/dispatch/bound.hpp"
#include "runtime/dispatch/result_json.hpp"

namespace satsim::host {
namespace {

ModuleTally tallied(const Network& network, std::span<const TaskResult> tasks) {
    ModuleTally tally(network);
    for (const TaskResult& task : tasks) tally.add(task.layer, task.stage, task.seconds, task.energy_j);
    return tally;
}

// What moves between the machines of a group belongs to no module.
ModuleTally tallied(const Network& network, const TargetRun& run) {
    if (!run.group) return tallied(network, run.tasks);
    ModuleTally tally(network);
    for (const TaskResult& task : run.tasks)
        if (task.kind != "transfer") tally.add(task.layer, task.stage, task.seconds, task.energy_j);
    return tally;
}

bool is_idle(const ModuleShare& share) {
    return share.total_seconds() <= 0 && share.joules <= 0;
}

TableCell share_cell(double part, double whole) {
    return percent_cell(whole > 0 ? part / whole : 0);
}

TableCell stage_cell(double seconds) {
    return seconds > 0 ? time_cell(seconds) : no_cell();
}

}  // namespace

std::string module_text(const Network& network, const StepResult* baseline, const StepResult& result) {
    if (!has_modules(network)) return "";
    std::vector<std::string> columns{"<module", "FF", "BP", "WU", result.recipe, "share", "energy"};
    if (baseline != nullptr) columns.insert(columns.end(), {baseline->recipe, "speedup"});
    Table table(columns);
    const std::vector<ModuleShare> after = tallied(network, result.tasks).all();
    const std::vector<ModuleShare> before = baseline != nullptr ? tallied(network, baseline->tasks).all()
                                                                : std::vector<ModuleShare>(after.size());
    for (std::size_t m = 0; m < after.size(); ++m) {
        const ModuleShare& share = after[m];
        if (is_idle(share) && is_idle(before[m])) continue;
        const double seconds = share.total_seconds();
        std::vector<TableCell> line{share.name,
                                    stage_cell(share.seconds[0]),
                                    stage_cell(share.seconds[1]),
                                    stage_cell(share.seconds[2]),
                                    time_cell(seconds),
                                    share_cell(seconds, result.seconds()),
                                    joule_cell(share.joules)};
        if (baseline != nullptr) {
            const double old = before[m].total_seconds();
            line.push_back(time_cell(old));
            line.push_back(seconds > 0 && old > 0 ? ratio_cell(old / seconds) : no_cell());
        }
        table.row(std::move(line));
    }
    return "\n" + table.text();
}

std::string module_text(const Network& network, std::span<const TargetRun> runs) {
    if (!has_modules(network)) return "";
    std::vector<std::string> columns{"<module"};
    std::vector<std::vector<ModuleShare>> shares;
    std::vector<double> seconds;
    for (const std::string& title : column_titles(runs))
        columns.insert(columns.end(), {title, "share", "energy"});
    for (const TargetRun& run : runs) {
        shares.push_back(tallied(network, run).all());
        seconds.push_back(busy_work(run).seconds);
    }
    Table table(columns);
    for (std::size_t m = 0; !runs.empty() && m < shares[0].size(); ++m) {
        bool idle = true;
        std::vector<TableCell> line{shares[0][m].name};
        for (std::size_t i = 0; i < runs.size(); ++i) {
            const ModuleShare& share = shares[i][m];
            idle = idle && is_idle(share);
            line.insert(line.end(),
                        {time_cell(share.total_seconds()), share_cell(share.total_seconds(), seconds[i]),
                         runs[i].energy_known ? joule_cell(share.joules) : no_cell()});
        }
        if (!idle) table.row(std::move(line));
    }
    return "\n" + table.text();
}

nlohmann::ordered_json modules_of(const Network& network, std::span<const TaskResult> tasks) {
    return modules_json(tallied(network, tasks).shares());
}
nlohmann::ordered_json modules_of(const Network& network, const TargetRun& run) {
    return modules_json(tallied(network, run).shares());
}

nlohmann::ordered_json compare_json_with_modules(const Network& network,
                                                 std::span<const StepResult> results) {
    nlohmann::ordered_json document = compare_json(results[0], results[1]);
    for (std::size_t i = 0; has_modules(network) && i < results.size(); ++i)
        document["results"][i]["modules"] = modules_of(network, results[i].tasks);
    return document;
}

}  // namespace satsim::host
