#include "runtime/comparison/alignment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace satsim {
namespace {

using Key = std::tuple<std::string, std::string, std::string, bool>;

Key key_of(const TaskResult& task) {
    const bool gemm = task.kind == "gemm";
    return {task.layer, task.stage, gemm ? task.part : "other", gemm};
}

// Of a row that takes no time on some target: where its work is done there ("softmax, none: attention's
// kernel forms them").
std::string why_not(const Row& row) {
    for (const std::optional<Cell>& cell : row.cells) {
        if (!cell || cell->work.seconds > 0) continue;
        const std::string& what = cell->largest.tile;
        return what.find("none: ") != std::string::npos ? what : "nothing to be done there";
    }
    return "";
}

bool same_time(const Cell& a, const Cell& b) {
    constexpr double kRounding = 1e-9;
    return std::abs(a.work.seconds - b.work.seconds) <= kRounding * std::max(a.work.seconds, b.work.seconds);
}

// Fills in who wins, by how much and why. A group that has the work on a machine which is a target too takes
// as long as that: the machine wins. Nobody does where equals share the first place.
void judge(Row& row, std::span<const TargetRun> runs) {
    std::vector<std::size_t> timed;
    for (std::size_t i = 0; i < row.cells.size(); ++i)
        if (row.cells[i] && row.cells[i]->work.seconds > 0) timed.push_back(i);
    if (timed.size() < 2) {
        row.why = why_not(row);
        return;
    }
    const auto cell = [&row](std::size_t run) -> const Cell& { return *row.cells[run]; };
    std::ranges::stable_sort(timed, {}, [&](std::size_t run) { return cell(run).work.seconds; });
    const auto rest = std::ranges::find_if(
        timed, [&](std::size_t run) { return !same_time(cell(run), cell(timed.front())); });
    std::vector<std::size_t> first(timed.begin(), rest);
    const bool machines = std::ranges::any_of(first, [&](std::size_t run) { return !runs[run].group; });
    if (machines && rest != timed.end())
        std::erase_if(first, [&](std::size_t run) { return runs[run].group.has_value(); });
    if (first.size() > 1) {
        std::ranges::sort(first);
        row.why = "the same on";
        for (const std::size_t run : first)
            row.why += (run == first.front() ? " " : " and ") + runs[run].name;
        return;
    }
    row.winner = first.front();
    row.margin = cell(*rest).work.seconds / cell(first.front()).work.seconds;
    row.why = explain(cell(first.front()), cell(*rest));
}

// What each machine has of a cell, for each run.
using CellParts = std::vector<std::vector<PlacedWork>>;

void add_part(std::vector<PlacedWork>& parts, const Machine& machine, const TaskResult& task) {
    const auto same = std::ranges::find(parts, machine, &PlacedWork::machine);
    PlacedWork& part = same != parts.end() ? *same : parts.emplace_back(PlacedWork{{}, machine});
    part.work.add(task);
}

}  // namespace

std::vector<Row> align(std::span<const TargetRun> runs) {
    std::vector<Row> rows;
    std::map<Key, std::size_t> known;
    std::vector<CellParts> parts;  // of each row's cells
    for (std::size_t run = 0; run < runs.size(); ++run) {
        for (std::size_t i = 0; i < runs[run].tasks.size(); ++i) {
            const TaskResult& task = runs[run].tasks[i];
            const Key key = key_of(task);
            const auto [found, is_new] = known.try_emplace(key, rows.size());
            if (is_new) {
                Row row;
                std::tie(row.layer, row.stage, row.part, row.gemm) = key;
                row.cells.resize(runs.size());
                rows.push_back(std::move(row));
                parts.emplace_back(runs.size());
            }
            add_part(parts[found->second][run], machine_of(runs[run], i), task);
            std::optional<Cell>& cell = rows[found->second].cells[run];
            if (!cell) cell.emplace();
            if (cell->work.tasks == 0 || task.seconds > cell->largest.seconds) cell->largest = task;
            cell->work.add(task);
            cell->provenance = weaker(cell->provenance, task.provenance);
        }
    }
    for (std::size_t r = 0; r < rows.size(); ++r) {
        for (std::size_t run = 0; run < runs.size(); ++run) {
            if (rows[r].cells[run]) rows[r].cells[run]->position = position(parts[r][run]);
        }
        judge(rows[r], runs);
    }
    return rows;
}

std::string explain(const Cell& fast, const Cell& slow) {
    const auto times = [](double factor) {
        return factor < 0.01   ? fmt::format("{:.2g}x", factor)
               : factor < 1000 ? fmt::format("{:.2f}x", factor)
                               : fmt::format("{:.0f}x", factor);
    };
    // Work in flop and work in bytes have no common roof.
    if ((fast.work.macs > 0) != (slow.work.macs > 0) || fast.position.share <= 0 ||
        slow.position.share <= 0 || fast.work.amount() <= 0)
        return times(slow.work.seconds / fast.work.seconds);
    return fmt::format("{} = roof {} * share {} * work {}", times(slow.work.seconds / fast.work.seconds),
                       times(fast.position.roof / slow.position.roof),
                       times(fast.position.share / slow.position.share),
                       times(slow.work.amount() / fast.work.amount()));
}

}  // namespace satsim
