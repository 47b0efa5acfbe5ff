#include "host/sweep/sweep_report.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/sweep/sweep_tables.hpp"

namespace satsim::host {
namespace {

using sweep::OutcomePoint;

using nlohmann::ordered_json;
using sweep::Status;

// What stands of a point beside its fields; nothing where it is not known of it.
struct Figure {
    std::string name;
    const char* label;
    const char* unit;
    std::string fidelity;  // that the figure comes from; empty: none
    bool percent;
    std::function<std::optional<double>(const OutcomePoint&)> value;
};

void add_step_figures(std::vector<Figure>& figures, const std::string& prefix, const std::string& fidelity,
                      const std::function<const sweep::StepFigures*(const OutcomePoint&)>& figures_of) {
    const auto add = [&](const char* name, const char* label, const char* unit, bool percent, auto value) {
        figures.push_back({prefix + name, label, unit, fidelity, percent,
                           [figures_of, value](const OutcomePoint& p) -> std::optional<double> {
                               const sweep::StepFigures* f = figures_of(p);
                               if (f == nullptr) return std::nullopt;
                               return static_cast<double>(value(*f));
                           }});
    };
    using Step = sweep::StepFigures;
    add("seconds_per_sample", "time of a sample", "s", false,
        [](const Step& f) { return f.seconds_per_sample(); });
    add("energy_j_per_sample", "energy of a sample", "J", false,
        [](const Step& f) { return f.joules_per_sample(); });
    add("seconds", "time of a step", "s", false, [](const Step& f) { return f.seconds; });
    add("energy_j", "energy of a step", "J", false, [](const Step& f) { return f.energy_j; });
    add("utilization", "utilisation of the array", "", true, [](const Step& f) { return f.utilization; });
    add("dram_bytes", "DRAM traffic of a step", "B", false, [](const Step& f) { return f.dram_bytes; });
}

// The cycle model's figures only where it simulated a point; LUTs and accuracy only where the front counts
// them: known of all points.
std::vector<Figure> figures_of(const sweep::Outcome& outcome) {
    std::vector<Figure> figures;
    add_step_figures(figures, "", outcome.fidelity,
                     [](const OutcomePoint& p) { return &p.point.result.figures; });
    const auto simulated = [](const OutcomePoint& p) -> const sweep::StepFigures* {
        return p.cycle && p.cycle->status == Status::Done ? &p.cycle->figures : nullptr;
    };
    if (std::any_of(outcome.points.begin(), outcome.points.end(),
                    [&](const OutcomePoint& p) { return simulated(p) != nullptr; }))
        add_step_figures(figures, "cycle_", "cycle", simulated);
    const auto counts = [&](const char* name) {
        return std::find(outcome.objectives.begin(), outcome.objectives.end(), name) !=
               outcome.objectives.end();
    };
    if (counts("luts"))
        figures.push_back({"luts", "LUTs", "", "", false,
                           [](const OutcomePoint& p) { return static_cast<double>(*p.point.labels.luts); }});
    // Why a point with good figures is on no front.
    if (outcome.device)
        figures.push_back({"device_share", "LUTs of those of the device", "", "", true,
                           [](const OutcomePoint& p) { return p.device_share; }});
    if (counts("accuracy"))
        figures.push_back({"accuracy", "accuracy", "", "", true,
                           [](const OutcomePoint& p) { return *p.point.labels.accuracy; }});
    return figures;
}

bool is_done(const OutcomePoint& point) {
    return point.point.result.status == Status::Done;
}

// A field whose values are numbers in all finished points can be an axis.
bool has_numbers(const sweep::Outcome& outcome, std::size_t field) {
    return std::all_of(outcome.points.begin(), outcome.points.end(),
                       [&](const OutcomePoint& p) { return !is_done(p) || p.values.at(field).is_number(); });
}

// Why the others are not among the points.
ordered_json left_out(const sweep::Outcome& outcome) {
    std::map<std::pair<Status, std::string>, std::size_t> reasons;
    for (const OutcomePoint& point : outcome.points) {
        if (!is_done(point)) ++reasons[{point.point.result.status, point.point.result.reason}];
    }
    ordered_json list = ordered_json::array();
    for (const auto& [reason, times] : reasons)
        list.push_back({{"status", to_string(reason.first)}, {"reason", reason.second}, {"points", times}});
    return list;
}

}  // namespace

ordered_json sweep_report_data(const sweep::Outcome& outcome) {
    const std::vector<Figure> figures = figures_of(outcome);
    const std::vector<std::string> labels = short_names(outcome.fields);
    std::vector<bool> numbers;
    ordered_json fields = ordered_json::array();
    fields.push_back({{"name", "point"}, {"label", "point"}, {"unit", ""}, {"type", "number"}});
    for (std::size_t f = 0; f < labels.size(); ++f) {
        numbers.push_back(has_numbers(outcome, f));
        fields.push_back({{"name", outcome.fields[f]},
                          {"label", labels[f]},
                          {"unit", ""},
                          {"type", numbers.back() ? "number" : "text"}});
    }
    for (const Figure& figure : figures) {
        ordered_json& field = fields.emplace_back(ordered_json{
            {"name", figure.name}, {"label", figure.label}, {"unit", figure.unit}, {"type", "number"}});
        if (!figure.fidelity.empty()) field["fidelity"] = figure.fidelity;
        if (figure.percent) field["format"] = "percent";
    }

    ordered_json objectives = ordered_json::array();
    for (const std::string& name : outcome.objectives)
        objectives.push_back({{"field", name}, {"better", name == "accuracy" ? "higher" : "lower"}});

    ordered_json points = ordered_json::array();
    for (const OutcomePoint& point : outcome.points) {
        if (!is_done(point)) continue;
        ordered_json object{{"point", point.number}};
        for (std::size_t f = 0; f < outcome.fields.size(); ++f) {
            if (numbers[f])
                object[outcome.fields[f]] = point.values.at(f);
            else
                object[outcome.fields[f]] = point.point.labels.values.at(f);
        }
        for (const Figure& figure : figures) {
            const std::optional<double> value = figure.value(point);
            object[figure.name] = value ? ordered_json(*value) : ordered_json(nullptr);
        }
        object["front"] = point.on_front;
        object["front_number"] = point.front;
        points.push_back(std::move(object));
    }
    return {{"fields", fields},
            {"objectives", objectives},
            {"points", points},
            {"left_out", left_out(outcome)},
            {"missing", outcome.missing()}};
}

}  // namespace satsim::host
