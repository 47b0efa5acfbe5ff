#include "host/sweep/sweep_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <map>
#include <utility>

namespace satsim::host {
namespace {

using sweep::OutcomePoint;
using sweep::Status;

std::string luts_text(const sweep::PointLabels& labels) {
    if (!labels.luts) return "-";
    return grouped(*labels.luts) + (labels.luts_estimated ? " ~" : "");
}

// In the last column, where points that are on no front are shown too.
std::string front_text(const OutcomePoint& point) {
    return point.on_front ? "*" : point.device_fault();
}

// "do not fit xcvu9p (1,182,240 LUTs), so on no front: 2 of 24 points: 16, 17; LUTs up to 160 %"; empty for
// none.
std::string too_large_text(const sweep::Outcome& outcome) {
    constexpr std::size_t kMost = 8;
    const std::size_t count = outcome.too_large();
    if (count == 0) return "";
    std::string text =
        fmt::format("do not fit {} ({} LUTs), so on no front: {} of {} points:", outcome.device->name,
                    grouped(outcome.device->luts), count, outcome.count(Status::Done));
    std::size_t named = 0;
    double largest = 0;
    for (const OutcomePoint& point : outcome.points) {
        if (!point.too_large()) continue;
        largest = std::max(largest, *point.device_share);
        if (named++ < kMost) text += fmt::format("{}{}", named == 1 ? " " : ", ", point.number);
    }
    return text + fmt::format("{}; LUTs up to {:.0f} %\n", named > kMost ? " ..." : "",
                              std::max(101.0, std::round(100 * largest)));
}

std::string share_text(const std::optional<double>& share) {
    return share ? fmt::format("{:.2f} %", 100 * *share) : "-";
}

std::string exact(double value) {
    return fmt::format("{}", value);
}

}  // namespace

std::vector<std::string> short_names(const std::vector<std::string>& fields) {
    const auto last = [](const std::string& field, int names) {
        std::size_t at = field.size();
        for (int i = 0; i < names && at != 0 && at != std::string::npos; ++i) at = field.rfind('/', at - 1);
        return at == std::string::npos ? field : field.substr(at + 1);
    };
    std::vector<std::string> names;
    for (const std::string& field : fields) {
        int length = field.ends_with("/value") ? 2 : 1;
        const auto ambiguous = [&] {
            return std::count_if(fields.begin(), fields.end(), [&](const std::string& other) {
                       return last(other, length) == last(field, length);
                   }) > 1;
        };
        while (ambiguous() && last(field, length) != last(field, length + 1)) ++length;
        names.push_back(last(field, length));
    }
    return names;
}

Table sweep_table(const sweep::Outcome& outcome, bool all) {
    std::vector<const OutcomePoint*> shown;
    bool cycle = false;
    for (const OutcomePoint& point : outcome.points) {
        if (point.point.result.status != Status::Done || (!all && !point.on_front)) continue;
        shown.push_back(&point);
        cycle = cycle || point.cycle.has_value();
    }
    std::stable_sort(shown.begin(), shown.end(),
                     [](const OutcomePoint* a, const OutcomePoint* b) { return a->place() < b->place(); });
    const bool samples = outcome.several_batches();
    std::vector<std::string> columns{"point"};
    for (const std::string& name : short_names(outcome.fields)) columns.push_back(name);
    for (const char* name : {"time", "energy"}) columns.emplace_back(name);
    if (samples) {
        for (const char* name : {"time/sample", "energy/sample"}) columns.emplace_back(name);
    }
    for (const char* name : {"util", "DRAM", "LUTs", "accuracy"}) columns.emplace_back(name);
    if (cycle) {
        for (const char* name : {"time (cycle)", "energy (cycle)"}) columns.emplace_back(name);
    }
    if (all) columns.emplace_back("front");
    Table table(columns);
    for (const OutcomePoint* point : shown) {
        const sweep::StepFigures& f = point->point.result.figures;
        std::vector<std::string> cells{std::to_string(point->number)};
        cells.insert(cells.end(), point->point.labels.values.begin(), point->point.labels.values.end());
        cells.resize(1 + outcome.fields.size());
        const auto add = [&cells](std::initializer_list<std::string> more) {
            cells.insert(cells.end(), more);
        };
        add({time_text(f.seconds), joule_text(f.energy_j)});
        if (samples) add({time_text(f.seconds_per_sample()), joule_text(f.joules_per_sample())});
        add({fmt::format("{:.1f} %", 100 * f.utilization), byte_text(f.dram_bytes),
             luts_text(point->point.labels), share_text(point->point.labels.accuracy)});
        const bool simulated = point->cycle && point->cycle->status == Status::Done;
        if (cycle && simulated)
            add({time_text(point->cycle->figures.seconds), joule_text(point->cycle->figures.energy_j)});
        else if (cycle)
            add({"-", "-"});
        if (all) cells.push_back(front_text(*point));
        table.row(std::move(cells));
    }
    return table;
}

Table sweep_csv(const sweep::Outcome& outcome) {
    std::vector<std::string> columns{"point", "id"};
    columns.insert(columns.end(), outcome.fields.begin(), outcome.fields.end());
    for (const char* name : {"status",
                             "reason",
                             "network",
                             "batch",
                             "seconds",
                             "energy_j",
                             "seconds_per_sample",
                             "energy_j_per_sample",
                             "cycles",
                             "gemm_cycles",
                             "dram_bytes",
                             "utilization",
                             "gemm_s",
                             "vector_s",
                             "host_s",
                             "transfer_s",
                             "luts",
                             "luts_estimated",
                             "device_share",
                             "device_fault",
                             "accuracy",
                             "front_number",
                             "on_front",
                             "cycle_seconds",
                             "cycle_energy_j"})
        columns.emplace_back(name);
    Table table(columns);
    for (const OutcomePoint& point : outcome.points) {
        const sweep::PointLabels& labels = point.point.labels;
        const sweep::PointResult& result = point.point.result;
        const sweep::StepFigures& f = result.figures;
        std::vector<std::string> cells{std::to_string(point.number), labels.id};
        cells.insert(cells.end(), labels.values.begin(), labels.values.end());
        cells.resize(2 + outcome.fields.size());
        cells.emplace_back(to_string(result.status));
        cells.push_back(result.reason);
        cells.push_back(labels.network);
        if (result.status == Status::Done) {
            for (const std::string& cell :
                 {std::to_string(f.batch), exact(f.seconds), exact(f.energy_j), exact(f.seconds_per_sample()),
                  exact(f.joules_per_sample()), std::to_string(f.cycles), std::to_string(f.gemm_cycles),
                  std::to_string(f.dram_bytes), exact(f.utilization), exact(f.gemm_s), exact(f.vector_s),
                  exact(f.host_s), exact(f.transfer_s)})
                cells.push_back(cell);
            cells.push_back(labels.luts ? std::to_string(*labels.luts) : "");
            cells.emplace_back(labels.luts && labels.luts_estimated ? "1" : "0");
            cells.push_back(point.device_share ? exact(*point.device_share) : "");
            cells.push_back(point.device_fault());
            cells.push_back(labels.accuracy ? exact(*labels.accuracy) : "");
            cells.push_back(std::to_string(point.front));
            cells.emplace_back(point.on_front ? "1" : "0");
            const bool cycle = point.cycle && point.cycle->status == Status::Done;
            cells.push_back(cycle ? exact(point.cycle->figures.seconds) : "");
            cells.push_back(cycle ? exact(point.cycle->figures.energy_j) : "");
        }
        table.row(std::move(cells));
    }
    return table;
}

std::string sweep_text(const sweep::Outcome& outcome, const SweepCounts& counts, const std::string& database,
                       bool all) {
    std::string text = fmt::format("{}: {} points, fidelity {}\n\n{}\n", outcome.name, outcome.asked,
                                   outcome.fidelity, sweep_table(outcome, all).text());
    std::string objectives;
    for (const std::string& name : outcome.objectives) objectives += (objectives.empty() ? "" : ", ") + name;
    text += fmt::format("front: {} of {} points, by {}",
                        std::count_if(outcome.points.begin(), outcome.points.end(),
                                      [](const OutcomePoint& p) { return p.on_front; }),
                        outcome.count(Status::Done), objectives);
    if (outcome.fronts > 1) text += fmt::format("; {} networks, a front each", outcome.fronts);
    if (!outcome.left_out.empty()) {
        text += "; not known of all points:";
        for (const std::string& name : outcome.left_out) text += " " + name;
    }
    text += "\n" + too_large_text(outcome);
    text += fmt::format("evaluated {}, found in {} {}", counts.evaluated, database, counts.found);
    if (outcome.repeated > 0) text += fmt::format(", the same as an earlier point {}", outcome.repeated);
    if (counts.evaluated > 0 && counts.seconds > 0)
        text += fmt::format("; {:.1f} s, {:.0f} points/s", counts.seconds,
                            static_cast<double>(counts.evaluated) / counts.seconds);
    text += "\n";
    for (const Status status : {Status::Impossible, Status::Fault}) {
        std::map<std::string, std::size_t> reasons;
        for (const OutcomePoint& point : outcome.points) {
            if (point.point.result.status == status) ++reasons[point.point.result.reason];
        }
        if (reasons.empty()) continue;
        text += fmt::format("{}: {} points\n", to_string(status), outcome.count(status));
        for (const auto& [reason, times] : reasons) text += fmt::format("  {} x {}\n", times, reason);
    }
    return text;
}

}  // namespace satsim::host
