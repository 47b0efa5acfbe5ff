#include "runtime/sweep/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/sweep/pareto.hpp"

namespace satsim::sweep {
namespace {

using nlohmann::ordered_json;

// Points of one network among each other. Seconds and joules of a sample are always known; LUTs and accuracy
// count when they are known of all finished points.
void find_fronts(Outcome& outcome, const std::vector<std::string>& networks) {
    std::map<std::string, std::size_t> number_of;
    std::vector<std::vector<OutcomePoint*>> fronts;
    bool luts = true;
    bool accuracy = true;
    for (std::size_t i = 0; i < outcome.points.size(); ++i) {
        OutcomePoint& point = outcome.points[i];
        if (point.point.result.status != Status::Done) continue;
        point.front = number_of.emplace(networks[i], fronts.size()).first->second;
        if (point.front == fronts.size()) fronts.emplace_back();
        if (outcome.device && point.point.labels.luts)
            point.device_share =
                static_cast<double>(*point.point.labels.luts) / static_cast<double>(outcome.device->luts);
        if (!point.too_large()) fronts[point.front].push_back(&point);
        luts = luts && point.point.labels.luts.has_value();
        accuracy = accuracy && point.point.labels.accuracy.has_value();
    }
    luts = luts && !fronts.empty();
    accuracy = accuracy && !fronts.empty();
    outcome.fronts = fronts.size();
    outcome.objectives = {"seconds_per_sample", "energy_j_per_sample"};
    (luts ? outcome.objectives : outcome.left_out).emplace_back("luts");
    (accuracy ? outcome.objectives : outcome.left_out).emplace_back("accuracy");
    for (const std::vector<OutcomePoint*>& compared : fronts) {
        std::vector<Objectives> objectives;
        for (const OutcomePoint* p : compared) {
            const StepFigures& figures = p->point.result.figures;
            Objectives& of = objectives.emplace_back(
                Objectives{figures.seconds_per_sample(), figures.joules_per_sample()});
            if (luts) of.push_back(static_cast<double>(*p->point.labels.luts));
            if (accuracy) of.push_back(-*p->point.labels.accuracy);
        }
        for (const std::size_t number : pareto_front(objectives)) compared[number]->on_front = true;
    }
}

template <typename T>
ordered_json known(const std::optional<T>& value) {
    return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json device_json(const std::optional<DeviceLuts>& device) {
    if (!device) return nullptr;
    return {{"name", device->name}, {"luts", device->luts}};
}

ordered_json figures_json(const StepFigures& f) {
    return {{"seconds", f.seconds},
            {"energy_j", f.energy_j},
            {"seconds_per_sample", f.seconds_per_sample()},
            {"energy_j_per_sample", f.joules_per_sample()},
            {"cycles", f.cycles},
            {"gemm_cycles", f.gemm_cycles},
            {"dram_bytes", f.dram_bytes},
            {"utilization", f.utilization},
            {"gemm_s", f.gemm_s},
            {"vector_s", f.vector_s},
            {"host_s", f.host_s},
            {"transfer_s", f.transfer_s}};
}

ordered_json point_json(const OutcomePoint& entry, const std::vector<std::string>& fields) {
    const PointLabels& labels = entry.point.labels;
    const PointResult& result = entry.point.result;
    ordered_json values = ordered_json::object();
    for (std::size_t i = 0; i < fields.size() && i < entry.values.size(); ++i)
        values[fields[i]] = entry.values[i];
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
    object["device_share"] = known(entry.device_share);
    object["device_fault"] = entry.device_fault();
    object["front_number"] = entry.front;
    object["on_front"] = entry.on_front;
    if (entry.cycle && entry.cycle->status == Status::Done)
        object["cycle"] = figures_json(entry.cycle->figures);
    return object;
}

}  // namespace

std::string OutcomePoint::device_fault() const {
    if (!too_large()) return "";
    // What is hardly too large is not said to be at 100 %.
    return fmt::format("does not fit the device: LUTs {:.0f} %",
                       std::max(101.0, std::round(100 * *device_share)));
}

std::size_t Outcome::too_large() const {
    return static_cast<std::size_t>(std::ranges::count_if(points, &OutcomePoint::too_large));
}

std::size_t Outcome::count(Status status) const {
    return static_cast<std::size_t>(std::count_if(points.begin(), points.end(), [&](const OutcomePoint& p) {
        return p.point.result.status == status;
    }));
}

bool Outcome::several_batches() const {
    std::set<std::int64_t> batches;
    for (const OutcomePoint& p : points) {
        if (p.point.result.status == Status::Done) batches.insert(p.point.result.figures.batch);
    }
    return batches.size() > 1;
}

Outcome make_outcome(const Store& store, const std::string& fidelity, const std::vector<std::string>& ids,
                     std::vector<std::string> fields,
                     const std::function<PointFacts(std::size_t number)>& facts,
                     std::optional<DeviceLuts> device) {
    Outcome outcome;
    outcome.device = std::move(device);
    outcome.fidelity = fidelity;
    outcome.fields = std::move(fields);
    outcome.asked = ids.size();
    std::map<std::string, StoredPoint> finished = store.points(fidelity);
    std::map<std::string, StoredPoint> simulated;
    if (fidelity != "cycle") simulated = store.points("cycle");
    std::vector<std::string> networks;  // of outcome.points
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
        PointFacts known_of = facts(number);
        point.values = std::move(known_of.values);
        networks.push_back(std::move(known_of.network));
        if (const auto cycle = simulated.find(ids[number]); cycle != simulated.end())
            point.cycle = cycle->second.result;
    }
    find_fronts(outcome, networks);
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
                           {"device", device_json(outcome.device)},
                           {"fronts", outcome.fronts},
                           {"front", ordered_json::array()},
                           {"points", ordered_json::array()}};
    for (const OutcomePoint& point : outcome.points) {
        if (point.on_front) object["front"].push_back(point.number);
        object["points"].push_back(point_json(point, outcome.fields));
    }
    return object;
}

}  // namespace satsim::sweep
