// What a sweep has found: its points in their order and the front among them. The same for tables, JSON and
// reports.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runtime/sweep/store.hpp"

namespace satsim::sweep {

struct OutcomePoint {
    std::size_t number = 0;  // in the sweep, from 0
    StoredPoint point;
    bool on_front = false;
    std::optional<PointResult> cycle;  // of the `cycle` fidelity, where the sweep's is another
};

struct Outcome {
    std::string name;
    std::string description;
    std::string fidelity;
    std::vector<std::string> fields;
    std::size_t asked = 0;             // points of the sweep
    std::size_t repeated = 0;          // of them, those that are configurations of earlier points
    std::vector<OutcomePoint> points;  // finished ones, in the order of the sweep
    // Objectives of the front, and those left out because they are not known of every finished point.
    std::vector<std::string> objectives;
    std::vector<std::string> left_out;

    [[nodiscard]] std::size_t count(Status status) const;
    // asked - repeated - points.size() have not been evaluated yet.
    [[nodiscard]] std::size_t missing() const { return asked - repeated - points.size(); }
};

// `ids` are those of all points of the sweep, in its order.
[[nodiscard]] Outcome make_outcome(const Store& store, const std::string& fidelity,
                                   const std::vector<std::string>& ids, std::vector<std::string> fields);

// The object of `satsim sweep --json`, docs/formats/sweep.md.
[[nodiscard]] nlohmann::ordered_json outcome_json(const Outcome& outcome);

}  // namespace satsim::sweep
