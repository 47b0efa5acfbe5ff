#include "runtime/sweep/outcome.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/sweep/pareto.hpp"

namespace satsim::sweep {
namespace {

using nlohmann::ordered_json;

// Seconds and joules are always known; LUTs and accuracy count when they are known of all finished points.
void find_front(Outcome& outcome) {
    std::vector<OutcomePoint*> done;
    for (OutcomePoint& point : outcome.points) {
        if (point.point.result.status == Status::Done) done.push_back(&point);
    }
    const auto all_have = [&](auto&& known) {
        return !done.empty() && std::all_of(done.begin(), done.end(), known);
    };
    const bool luts = all_have([](const OutcomePoint* p) { return p->point.labels.luts.has_value(); });
    const bool accuracy =
        all_have([](const OutcomePoint* p) { return p->point.labels.accuracy.has_value(); });
    outcome.objectives = {"seconds", "energy_j"};
    (luts ? outcome.objectives : outcome.left_out).emplace_back("luts");
    (accuracy ? outcome.objectives : outcome.left_out).emplace_back("accuracy");
    std::vector<Objectives> objectives;
    for (const OutcomePoint* p : done) {
        const StepFigures& figures = p->point.result.figures;
        Objectives& of = objectives.emplace_back(Objectives{figures.seconds, figures.energy_j});
        if (luts) of.push_back(static_cast<double>(*p->point.labels.luts));
        if (accuracy) of.push_back(-*p->point.labels.accuracy);
    }
    for (const std::size_t number : pareto_front(objectives)) done[number]->on_front = true;
}

template <typename T>
ordered_json known(const std::optional<T>& value) {
    return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json figures_json(const StepFigures& f) {
    return {{"seconds", f.seconds},         {"energy_j", f.energy_j},     {"cycles", f.cycles},
            {"gemm_cycles", f.gemm_cycles}, {"dram_bytes", f.dram_bytes}, {"utilization", f.utilization},
            {"gemm_s", f.gemm_s},           {"vector_s", f.vector_s},     {"host_s", f.host_s},
            {"transfer_s", f.transfer_s}};
}

ordered_json point_json(const OutcomePoint& entry, const std::vector<std::string>& fields) {
    const PointLabels& labels = entry.point.labels;
    const PointResult& result = entry.point.result;
    ordered_json values = ordered_json::object();
    for (std::size_t i = 0; i < fields.size() && i < labels.values.size(); ++i)
        values[fields[i]] = labels.values[i];
    ordered_json object = {{"number", entry.number},
                           {"id", labels.id},
                           {"values", std::move(values)},
                           {"status", to_string(result.status)}};
    if (result.status != Status::Done) {
        object["reason"] = result.reason;
        return object;
    }
    object["network"] = labels.network;
    object["batch"] = result.figures.batch;
    object.update(figures_json(result.figures));
    object["luts"] = known(labels.luts);
    object["luts_estimated"] = labels.luts_estimated;
    object["accuracy"] = known(labels.accuracy);
    object["on_front"] = entry.on_front;
    if (entry.cycle && entry.cycle->status == Status::Done)
        object["cycle"] = figures_json(entry.cycle->figures);
    return object;
}

}  // namespace

std::size_t Outcome::count(Status status) const {
    return static_cast<std::size_t>(std::count_if(points.begin(), points.end(), [&](const OutcomePoint& p) {
        return p.point.result.status == status;
    }));
}

Outcome make_outcome(const Store& store, const std::string& fidelity, const std::vector<std::string>& ids,
                     std::vector<std::string> fields) {
    Outcome outcome;
    outcome.fidelity = fidelity;
    outcome.fields = std::move(fields);
    outcome.asked = ids.size();
    std::map<std::string, StoredPoint> finished = store.points(fidelity);
    std::map<std::string, StoredPoint> simulated;
    if (fidelity != "cycle") simulated = store.points("cycle");
    std::set<std::string> seen;
    for (std::size_t number = 0; number < ids.size(); ++number) {
        if (!seen.insert(ids[number]).second) {
            ++outcome.repeated;
            continue;
        }
        const auto found = finished.find(ids[number]);
        if (found == finished.end()) continue;
        OutcomePoint& point = outcome.points.emplace_back();
        point.number = number;
        point.point = std::move(found->second);
        if (const auto cycle = simulated.find(ids[number]); cycle != simulated.end())
            point.cycle = cycle->second.result;
    }
    find_front(outcome);
    return outcome;
}

ordered_json outcome_json(const Outcome& outcome) {
    ordered_json object = {{"name", outcome.name},
                           {"description", outcome.description},
                           {"fidelity", outcome.fidelity},
                           {"fields", outcome.fields},
                           {"points_asked", outcome.asked},
                           {"points_repeated", outcome.repeated},
                           {"done", outcome.count(Status::Done)},
                           {"impossible", outcome.count(Status::Impossible)},
                           {"faults", outcome.count(Status::Fault)},
                           {"missing", outcome.missing()},
                           {"objectives", outcome.objectives},
                           {"objectives_unknown", outcome.left_out},
                           {"front", ordered_json::array()},
                           {"points", ordered_json::array()}};
    for (const OutcomePoint& point : outcome.points) {
        if (point.on_front) object["front"].push_back(point.number);
        object["points"].push_back(point_json(point, outcome.fields));
    }
    return object;
}

}  // namespace satsim::sweep
