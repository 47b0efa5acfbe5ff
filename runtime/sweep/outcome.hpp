// What a sweep has found: its points in their order and the front among them. The same for tables, JSON and
// reports.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/sweep/store.hpp"

namespace satsim::sweep {

// What the sweep itself says of a point.
struct PointFacts {
    std::vector<nlohmann::json> values;  // of the sweep's fields, as its file has them; "base" where not set
    std::string network;                 // identity: points with equal ones share a front
};

struct OutcomePoint {
    std::size_t number = 0;  // in the sweep, from 0
    StoredPoint point;
    std::vector<nlohmann::json> values;  // PointFacts
    std::size_t front = 0;               // which front it is compared in: one for each network, from 0
    bool on_front = false;
    std::optional<PointResult> cycle;  // of the `cycle` fidelity, where the sweep's is another

    // Points of a front by their time: the order in which they are shown.
    [[nodiscard]] std::pair<std::size_t, double> place() const {
        return {front, point.result.figures.seconds_per_sample()};
    }
};

struct Outcome {
    std::string name;
    std::string description;
    std::string fidelity;
    std::vector<std::string> fields;
    std::size_t asked = 0;             // points of the sweep
    std::size_t repeated = 0;          // of them, those that are configurations of earlier points
    std::vector<OutcomePoint> points;  // finished ones, in the order of the sweep
    std::size_t fronts = 0;            // as many as finished points have networks
    // Objectives of the fronts, and those left out because they are not known of every finished point.
    std::vector<std::string> objectives;
    std::vector<std::string> left_out;

    [[nodiscard]] std::size_t count(Status status) const;
    // Figures of a step do not compare, those of a sample do: its points have several batch sizes.
    [[nodiscard]] bool several_batches() const;
    // asked - repeated - points.size() have not been evaluated yet.
    [[nodiscard]] std::size_t missing() const { return asked - repeated - points.size(); }
};

// `ids` are those of all points of the sweep, in its order; `facts` tells what it says of one of them.
[[nodiscard]] Outcome make_outcome(const Store& store, const std::string& fidelity,
                                   const std::vector<std::string>& ids, std::vector<std::string> fields,
                                   const std::function<PointFacts(std::size_t number)>& facts);

// The object of `satsim sweep --json`, docs/formats/sweep.md.
[[nodiscard]] nlohmann::ordered_json outcome_json(const Outcome& outcome);

}  // namespace satsim::sweep
