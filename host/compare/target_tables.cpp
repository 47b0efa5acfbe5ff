#include "host/compare/target_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "host/compare/target_labels.hpp"
#include "host/memory_table.hpp"
#include "runtime/dispatch/bound.hpp"

namespace satsim::host {
namespace {

double ratio(double a, double b) {
    return b > 0 ? a / b : 0;
}

std::string times(double value) {
    return value <= 0 ? "-" : value < 0.01 ? fmt::format("{:.2g}x", value) : fmt::format("{:.2f}x", value);
}

std::string giga(double value) {
    return value > 0 && value < 5e7 ? fmt::format("{:.2g}", value / 1e9) : fmt::format("{:.1f}", value / 1e9);
}

std::string stage_text(const Row& row) {
    return row.part.empty() ? row.stage : row.stage + " " + row.part;
}

// "compute 97 % of its roof at 812 op/byte"
std::string place_text(const Cell& cell) {
    const std::string bound = to_string(cell.largest.bound);
    if (cell.work.macs == 0) return fmt::format("{} {:.0f} %", bound, 100 * cell.position.share);
    return fmt::format("{} {:.0f} % at {:.0f} op/B", bound, 100 * cell.position.share, cell.work.intensity());
}

std::string dense_reason(const Cell& cell) {
    return cell.largest.kind == "gemm" ? cell.largest.dense_reason : "";
}

std::vector<std::string> columns_of(std::span<const TargetRun> runs, TableUse use) {
    std::vector<std::string> columns{"<layer", "<stage"};
    if (use == TableUse::People) {
        for (const std::string& title : column_titles(runs))
            columns.insert(columns.end(), {title, "<under its roof"});
    } else {
        for (const TargetRun& run : runs) {
            for (const char* what : {"seconds", "energy_j", "flop_per_byte", "share_of_roof"})
                columns.push_back(fmt::format("{} {}", run.name, what));
            for (const char* what : {"bound", "provenance", "why dense"})
                columns.push_back(fmt::format("<{} {}", run.name, what));
        }
    }
    columns.insert(columns.end(), {"<winner", "<why"});
    return columns;
}

// A time, marked where less is known of it than of its target's others.
std::string time_of(const Cell& cell, const TargetRun& run) {
    return time_text(cell.work.seconds) +
           (cell.provenance != run.provenance() && cell.provenance == Provenance::Modelled ? " (modelled)"
                                                                                           : "");
}

void add_cell(const std::optional<Cell>& cell, const TargetRun& run, TableUse use,
              std::vector<std::string>& line) {
    if (!cell) {
        line.insert(line.end(), use == TableUse::Program ? 7 : 2, use == TableUse::Program ? "" : "-");
    } else if (use == TableUse::People) {
        line.insert(line.end(), {time_of(*cell, run), place_text(*cell)});
    } else {
        line.insert(
            line.end(),
            {fmt::format("{:.9g}", cell->work.seconds), fmt::format("{:.9g}", cell->work.joules),
             fmt::format("{:.6g}", cell->work.intensity()), fmt::format("{:.6g}", cell->position.share),
             to_string(cell->largest.bound), to_string(cell->provenance), dense_reason(*cell)});
    }
}

std::string part_of(const TaskResult& task) {
    if (task.kind == "gemm") return "GEMM " + task.stage;
    return task.kind == "vector" ? "vector" : "host and transfers";
}

// What the row says beside its winner: why it won, and who does the work dense for which reason.
std::string remarks(const Row& row, const std::vector<std::string>& names) {
    std::vector<std::pair<std::string, std::string>> reasons;  // and who
    std::size_t cells = 0;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
        if (!row.cells[i]) continue;
        ++cells;
        const std::string reason = dense_reason(*row.cells[i]);
        if (reason.empty()) continue;
        const auto known = std::ranges::find(reasons, reason, &std::pair<std::string, std::string>::first);
        if (known == reasons.end())
            reasons.emplace_back(reason, names[i]);
        else
            known->second += " and " + names[i];
    }
    std::string text = row.why;
    const auto who = [&](const std::string& all) {
        return reasons.size() == 1 &&
                       std::ranges::count(all, ' ') == static_cast<std::ptrdiff_t>(2 * cells) - 2
                   ? "all"
                   : all;
    };
    for (const auto& [reason, all] : reasons)
        text += fmt::format("{}{} dense: {}", text.empty() ? "" : "; ", who(all), reason);
    return text;
}

}  // namespace

Table row_table(std::span<const TargetRun> runs, std::span<const Row> rows, TableUse use) {
    Table table(columns_of(runs, use));
    const std::vector<std::string> names = short_names(runs);
    for (const Row& row : rows) {
        std::vector<std::string> line{row.layer, stage_text(row)};
        for (std::size_t i = 0; i < runs.size(); ++i) add_cell(row.cells[i], runs[i], use, line);
        const bool program = use == TableUse::Program;
        line.push_back(!row.winner ? "-" : program ? runs[*row.winner].name : names[*row.winner]);
        line.push_back(program ? row.why : remarks(row, names));
        table.row(std::move(line));
    }
    return table;
}

Table target_stage_table(std::span<const TargetRun> runs) {
    std::vector<std::string> columns{"<part"};
    for (const std::string& title : column_titles(runs))
        columns.insert(columns.end(), {title, "share", "energy"});
    Table table(columns);
    std::vector<std::map<std::string, Work>> parts(runs.size());
    for (std::size_t i = 0; i < runs.size(); ++i) {
        for (const TaskResult& task : runs[i].tasks) parts[i][part_of(task)].add(task);
    }
    for (const char* name : {"GEMM FF", "GEMM BP", "GEMM WU", "vector", "host and transfers"}) {
        std::vector<std::string> line{name};
        for (std::size_t i = 0; i < runs.size(); ++i) {
            const Work& work = parts[i][name];
            line.insert(line.end(),
                        {time_text(work.seconds),
                         fmt::format("{:.1f} %", 100 * ratio(work.seconds, busy_work(runs[i]).seconds)),
                         runs[i].energy_known ? joule_text(work.joules) : "-"});
        }
        table.row(std::move(line));
    }
    return table;
}

// A figure that takes joules to know.
std::string of_energy(const TargetRun& run, std::string text) {
    return run.energy_known ? std::move(text) : "-";
}

Table total_table(std::span<const TargetRun> runs) {
    Table table({"<target", "<provenance", "step", "speedup over\nthe first", "speedup over\nits baseline",
                 "energy", "energy x delay\n[Js]", "GEMMs", "dense-equivalent\nGFLOP/s", "executed\nGFLOP/s",
                 "<memory"});
    const std::vector<std::string> names = short_names(runs);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const TargetRun& run = runs[i];
        const Work work = total_work(run);
        table.row({names[i], provenance_label(run), time_text(work.seconds),
                   times(ratio(total_work(runs[0]).seconds, work.seconds)),
                   times(ratio(run.baseline_seconds, work.seconds)),
                   of_energy(run, marked_joules(run, work.joules).text),
                   of_energy(run, fmt::format("{:.3g}", work.joules * work.seconds)),
                   time_text(gemm_work(run).seconds), giga(ratio(work.dense_flops(), work.seconds)),
                   giga(ratio(work.executed_flops(), work.seconds)),
                   run.group ? "by machine, below" : fit_text(run.memory)});
    }
    return table;
}

Table normalised_table(std::span<const TargetRun> runs) {
    Table table({"<target", "<provenance", "<peaks", "peak\nGFLOP/s", "GB/s", "mean power", "of board",
                 "dense-eq.\nGFLOP/s/W", "executed\nGFLOP/s/W", "dense-eq.\nof peak", "executed\nof peak",
                 "dense-eq. flop/byte\nof bandwidth"});
    const std::vector<std::string> names = short_names(runs);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const TargetRun& run = runs[i];
        const Work work = total_work(run);
        const double watts = ratio(work.joules, work.seconds);
        const double dense = ratio(work.dense_flops(), work.seconds);
        table.row(
            {names[i], provenance_label(run), to_string(run.machine.peaks), giga(run.machine.peak_flops),
             giga(run.machine.bandwidth), of_energy(run, fmt::format("{:.1f} W", watts)),
             run.machine.board_watts > 0 && run.energy_known
                 ? fmt::format("{:.0f} % of {:.0f} W", 100 * watts / run.machine.board_watts,
                               run.machine.board_watts)
                 : "-",
             of_energy(run, giga(ratio(work.dense_flops(), work.joules))),
             of_energy(run, giga(ratio(work.executed_flops(), work.joules))),
             fmt::format("{:.1f} %", 100 * ratio(dense, run.machine.peak_flops)),
             fmt::format("{:.1f} %",
                         100 * ratio(ratio(work.executed_flops(), work.seconds), run.machine.peak_flops)),
             fmt::format("{:.1f}", ratio(dense, run.machine.bandwidth))});
    }
    return table;
}

std::string targets_text(std::span<const TargetRun> runs, std::span<const Row> rows) {
    std::string text = row_table(runs, rows, TableUse::People).text() + "\n" +
                       target_stage_table(runs).text() + "\n" + total_table(runs).text() + "\n" +
                       normalised_table(runs).text() + "\n";
    std::vector<std::size_t> wins(runs.size(), 0);
    std::size_t shared = 0;
    for (const Row& row : rows) {
        if (!row.winner) continue;
        ++wins[*row.winner];
        ++shared;
    }
    const std::vector<std::string> names = short_names(runs);
    for (std::size_t i = 0; i < runs.size(); ++i)
        text += fmt::format(
            "{}{}: {}{}; {}\n", names[i], names[i] == runs[i].name ? "" : " (" + runs[i].name + ")",
            provenance_label(runs[i]),
            shared > 0 ? fmt::format(", faster in {} of {} rows", wins[i], shared) : "", runs[i].description);
    if (std::ranges::any_of(runs, [](const TargetRun& run) {
            return busy_work(run).seconds > 1.000001 * total_work(run).seconds;
        }))
        text +=
            "Of several machines, layers and parts are the time that they and their links are busy, which is "
            "more than the step, since they work at the same time.\n";
    if (std::ranges::any_of(runs, [](const TargetRun& run) {
            return run.energy_known && run.energy_basis == EnergyBasis::Assumed;
        }))
        text +=
            "Assumed: joules by figures that nobody compared with such a board; those of an H100 and an H200 "
            "came to half of "
            "what was then measured.\n";
    text +=
        "Rates count GEMMs alone over the time of the whole step. A modelled figure is a prediction, never a "
        "measurement (docs/architecture/gpu.md). Measured peaks are what a board reached in a large product, "
        "a large copy or the work itself, less than published ones: shares of the two do not compare.\n";
    return text;
}

}  // namespace satsim::host
