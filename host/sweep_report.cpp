#include "host/sweep_report.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "host/sweep_tables.hpp"

namespace satsim::host {
namespace {

using sweep::OutcomePoint;

struct Figure {
    const char* name;
    const char* label;
    const char* unit;
    std::function<double(const OutcomePoint&)> value;
};

// What stands of a point beside its fields. LUTs and accuracy only where the front counts them: known of all
// points.
std::vector<Figure> figures_of(const sweep::Outcome& outcome) {
    const auto of = [](auto member) {
        return
            [member](const OutcomePoint& p) { return static_cast<double>(p.point.result.figures.*member); };
    };
    std::vector<Figure> figures{
        {"seconds", "time of a step", "s", of(&sweep::StepFigures::seconds)},
        {"energy_j", "energy of a step", "J", of(&sweep::StepFigures::energy_j)},
        {"utilization", "utilisation of the array", "", of(&sweep::StepFigures::utilization)},
        {"dram_bytes", "DRAM traffic of a step", "B", of(&sweep::StepFigures::dram_bytes)}};
    const auto counts = [&](const char* name) {
        return std::find(outcome.objectives.begin(), outcome.objectives.end(), name) !=
               outcome.objectives.end();
    };
    if (counts("luts"))
        figures.push_back({"luts", "LUTs", "",
                           [](const OutcomePoint& p) { return static_cast<double>(*p.point.labels.luts); }});
    if (counts("accuracy"))
        figures.push_back(
            {"accuracy", "accuracy", "", [](const OutcomePoint& p) { return *p.point.labels.accuracy; }});
    return figures;
}

}  // namespace

nlohmann::ordered_json sweep_report_data(const sweep::Outcome& outcome) {
    const std::vector<Figure> figures = figures_of(outcome);
    const std::vector<std::string> labels = short_names(outcome.fields);
    nlohmann::ordered_json fields = nlohmann::ordered_json::array();
    fields.push_back({{"name", "point"}, {"label", "point"}, {"unit", ""}, {"type", "number"}});
    for (std::size_t f = 0; f < labels.size(); ++f)
        fields.push_back({{"name", outcome.fields[f]}, {"label", labels[f]}, {"unit", ""}, {"type", "text"}});
    for (const Figure& figure : figures)
        fields.push_back(
            {{"name", figure.name}, {"label", figure.label}, {"unit", figure.unit}, {"type", "number"}});

    nlohmann::ordered_json objectives = nlohmann::ordered_json::array();
    for (const std::string& name : outcome.objectives)
        objectives.push_back({{"field", name}, {"better", name == "accuracy" ? "higher" : "lower"}});

    nlohmann::ordered_json points = nlohmann::ordered_json::array();
    for (const OutcomePoint& point : outcome.points) {
        if (point.point.result.status != sweep::Status::Done) continue;
        nlohmann::ordered_json object{{"point", point.number}};
        for (std::size_t f = 0; f < outcome.fields.size(); ++f)
            object[outcome.fields[f]] = point.point.labels.values.at(f);
        for (const Figure& figure : figures) object[figure.name] = figure.value(point);
        object["front"] = point.on_front;
        points.push_back(std::move(object));
    }
    return {{"fields", fields}, {"objectives", objectives}, {"points", points}};
}

}  // namespace satsim::host
