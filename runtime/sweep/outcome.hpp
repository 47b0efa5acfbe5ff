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

// The FPGA that LUTs are of.
struct DeviceLuts {
    std::string name;
    std::int64_t luts = 0;
};

struct OutcomePoint {
    std::size_t number = 0;  // in the sweep, from 0
    StoredPoint point;
    std::vector<nlohmann::json> values;  // PointFacts
    std::size_t front = 0;               // which front it is compared in: one for each network, from 0
    bool on_front = false;
    std::optional<double> device_share;  // LUTs over those of the device, where both are known
    std::optional<PointResult> cycle;    // of the `cycle` fidelity, where the sweep's is another

    // Such a point is on no front: nobody can build it.
    [[nodiscard]] bool too_large() const { return device_share && *device_share > 1; }
    // "does not fit the device: LUTs 160 %"; empty where it does or nobody knows.
    [[nodiscard]] std::string device_fault() const;
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
    std::optional<DeviceLuts> device;  // that points must fit, where it is known
    // Objectives of the fronts, and those left out because they are not known of every finished point.
    std::vector<std::string> objectives;
    std::vector<std::string> left_out;

    [[nodiscard]] std::size_t count(Status status) const;
    // Figures of a step do not compare, those of a sample do: its points have several batch sizes.
    [[nodiscard]] bool several_batches() const;
    // Finished points that do not fit the device.
    [[nodiscard]] std::size_t too_large() const;
    // asked - repeated - points.size() have not been evaluated yet.
    [[nodiscard]] std::size_t missing() const { return asked - repeated - points.size(); }
};

// `ids` are those of all points of the sweep, in its order; `facts` tells what it says of one of them.
[[nodiscard]] Outcome make_outcome(const Store& store, const std::string& fidelity,
                                   const std::vector<std::string>& ids, std::vector<std::string> fields,
                                   const std::function<PointFacts(std::size_t number)>& facts,
                                   std::optional<DeviceLuts> device = std::nullopt);

// The object of `satsim sweep --json`, docs/formats/sweep.md.
[[nodiscard]] nlohmann::ordered_json outcome_json(const Outcome& outcome);

}  // namespace satsim::sweep
