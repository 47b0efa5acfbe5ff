// A sweep from its file to its outcome: what is still to be done is evaluated, by whatever runs it.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runtime/hardware/hardware.hpp"
#include "runtime/sweep/outcome.hpp"
#include "runtime/sweep/tables.hpp"
#include "sim/sweep/evaluator.hpp"
#include "sim/sweep/mpi_world.hpp"

namespace satsim::host {

struct SweepSettings {
    std::string file;
    std::string database;  // empty: the sweep's file with the extension .sqlite, in the working folder
    std::string models;    // models folder; empty: beside the program
    std::string fidelity = "fast";
    bool cycle_front = false;
    int workers = 2;
};

struct SweepCounts {
    std::size_t evaluated = 0;
    std::size_t found = 0;  // were in the database
    double seconds = 0;     // of the evaluation
};

class SweepSession {
  public:
    explicit SweepSession(SweepSettings settings);

    [[nodiscard]] std::size_t points() const { return choices_.size(); }
    [[nodiscard]] std::filesystem::path database() const;

    // Opens the database and brings what it says of points up to date. Before evaluate().
    void open();
    // Evaluates what the database lacks, in local processes or over `world`; then the front in `cycle`, if
    // asked for. Only the first rank has an outcome.
    void evaluate(const sweep::MpiWorld* world);
    void serve(const sweep::MpiWorld& world);

    // What the sweep's points change.
    [[nodiscard]] Hardware base_hardware() const;
    // Task by task, at most `most` points spread over the fronts: the list `steps` of a report. They are run
    // anew, under `cycle` where the front was.
    [[nodiscard]] nlohmann::ordered_json front_steps(std::size_t most);

    [[nodiscard]] const sweep::Outcome& outcome() const { return outcome_; }
    [[nodiscard]] const SweepCounts& counts() const { return counts_; }

  private:
    [[nodiscard]] nlohmann::json document(sweep::Document document, const std::string& name) const;
    [[nodiscard]] sweep::PointLabels labels(std::size_t point, const std::string& fidelity);
    void label_all();
    // What the arrays of the sweep's area files were synthesized for, if models/devices has it.
    [[nodiscard]] std::optional<sweep::DeviceLuts> device_luts() const;
    void evaluate_points(const std::vector<std::size_t>& wanted, const std::string& fidelity,
                         const sweep::MpiWorld* world);
    [[nodiscard]] std::vector<std::string> field_names() const;
    void take_stock();
    [[nodiscard]] sweep::EvaluatePoint evaluate_point(const std::string& fidelity);

    SweepSettings settings_;
    sweep::SweepFile sweep_;
    std::unique_ptr<sweep::Configurations> configurations_;
    std::vector<sweep::Choice> choices_;
    std::vector<sweep::PointKey> keys_;
    std::vector<std::string> ids_;
    sweep::AreaTable areas_;
    sweep::AccuracyTable accuracies_;
    std::vector<sweep::PointLabels> labels_;
    std::optional<sweep::DeviceLuts> device_;
    std::unique_ptr<sweep::Store> store_;
    sweep::Outcome outcome_;
    SweepCounts counts_;
};

}  // namespace satsim::host
