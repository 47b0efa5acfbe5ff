#include "host/target_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

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
    return fmt::format("{:.1f}", value / 1e9);
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

// Every column of figures says how they came to be, and whether the machine could do this at all.
std::string labelled(const TargetRun& run) {
    return fmt::format("{} ({}{})", run.name, provenance_label(run),
                       run.fits() ? "" : "; does not fit its memory");
}

std::vector<std::string> columns_of(std::span<const TargetRun> runs, TableUse use) {
    std::vector<std::string> columns{"<layer", "<stage"};
    for (const TargetRun& run : runs) {
        if (use == TableUse::People) {
            columns.insert(columns.end(), {labelled(run), "<under its roof", "<why dense"});
            continue;
        }
        for (const char* what : {"seconds", "energy_j", "flop_per_byte", "share_of_roof"})
            columns.push_back(fmt::format("{} {}", run.name, what));
        for (const char* what : {"bound", "provenance", "why dense"})
            columns.push_back(fmt::format("<{} {}", run.name, what));
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
        line.insert(line.end(), use == TableUse::Program ? 7 : 3, use == TableUse::Program ? "" : "-");
    } else if (use == TableUse::People) {
        line.insert(line.end(), {time_of(*cell, run), place_text(*cell), dense_reason(*cell)});
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

}  // namespace

std::string provenance_label(const TargetRun& run) {
    const double share = ratio(run.modelled_seconds(), busy_work(run).seconds);
    return share < 0.0005 ? to_string(run.provenance())
                          : fmt::format("{}, {:.1f} % modelled", to_string(run.provenance()), 100 * share);
}

Table row_table(std::span<const TargetRun> runs, std::span<const Row> rows, TableUse use) {
    Table table(columns_of(runs, use));
    for (const Row& row : rows) {
        std::vector<std::string> line{row.layer, stage_text(row)};
        for (std::size_t i = 0; i < runs.size(); ++i) add_cell(row.cells[i], runs[i], use, line);
        line.push_back(row.winner ? runs[*row.winner].name : "-");
        line.push_back(row.why);
        table.row(std::move(line));
    }
    return table;
}

Table target_stage_table(std::span<const TargetRun> runs) {
    std::vector<std::string> columns{"<part"};
    for (const TargetRun& run : runs) columns.insert(columns.end(), {labelled(run), "share", "energy"});
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
    Table table({"<target", "<provenance", "step", "speedup over the first", "speedup over its baseline",
                 "energy", "energy x delay [Js]", "GEMMs", "dense-equivalent GFLOP/s", "executed GFLOP/s",
                 "<memory"});
    for (const TargetRun& run : runs) {
        const Work work = total_work(run);
        table.row({run.name, provenance_label(run), time_text(work.seconds),
                   times(ratio(total_work(runs[0]).seconds, work.seconds)),
                   times(ratio(run.baseline_seconds, work.seconds)), of_energy(run, joule_text(work.joules)),
                   of_energy(run, fmt::format("{:.3g}", work.joules * work.seconds)),
                   time_text(gemm_work(run).seconds), giga(ratio(work.dense_flops(), work.seconds)),
                   giga(ratio(work.executed_flops(), work.seconds)),
                   run.group ? "by machine, below" : fit_text(run.memory)});
    }
    return table;
}

Table normalised_table(std::span<const TargetRun> runs) {
    Table table({"<target", "<provenance", "<peaks", "peak GFLOP/s", "GB/s", "mean power", "of board",
                 "dense-eq. GFLOP/s/W", "executed GFLOP/s/W", "dense-eq. of peak", "executed of peak",
                 "dense-eq. flop/byte of bandwidth"});
    for (const TargetRun& run : runs) {
        const Work work = total_work(run);
        const double watts = ratio(work.joules, work.seconds);
        const double dense = ratio(work.dense_flops(), work.seconds);
        table.row({run.name, provenance_label(run), run.machine.measured ? "measured" : "published",
                   giga(run.machine.peak_flops), giga(run.machine.bandwidth),
                   of_energy(run, fmt::format("{:.1f} W", watts)),
                   run.machine.board_watts > 0 && run.energy_known
                       ? fmt::format("{:.0f} % of {:.0f} W", 100 * watts / run.machine.board_watts,
                                     run.machine.board_watts)
                       : "-",
                   of_energy(run, giga(ratio(work.dense_flops(), work.joules))),
                   of_energy(run, giga(ratio(work.executed_flops(), work.joules))),
                   fmt::format("{:.1f} %", 100 * ratio(dense, run.machine.peak_flops)),
                   fmt::format("{:.1f} %", 100 * ratio(ratio(work.executed_flops(), work.seconds),
                                                       run.machine.peak_flops)),
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
    for (std::size_t i = 0; i < runs.size(); ++i)
        text += fmt::format("{}: {}{}; {}\n", runs[i].name, provenance_label(runs[i]),
                            shared > 0 ? fmt::format(", faster in {} of {} rows", wins[i], shared) : "",
                            runs[i].description);
    if (std::ranges::any_of(runs, [](const TargetRun& run) { return run.group.has_value(); }))
        text +=
            "Of several machines, layers and parts are the time that they and their links are busy, which is "
            "more than the step, since they work at the same time.\n";
    text +=
        "Rates count GEMMs alone over the time of the whole step. A modelled figure is a prediction, never a "
        "measurement (docs/architecture/gpu.md). Measured peaks are what a board reached in a large product "
        "and a "
        "large copy, less than published ones: shares of the two do not compare.\n";
    return text;
}

}  // namespace satsim::host
