// Results of a sweep in an SQLite file; docs/formats/sweep.md documents the tables.
//
// Every result is a transaction of its own in WAL mode: what add() has returned from survives the death of
// the process at any moment. One process writes; others may read meanwhile.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/sweep/point_result.hpp"

namespace satsim::sweep {

// What a row says beside its figures.
struct PointLabels {
    std::string id;                   // of the configuration: PointKey::all()
    std::string fidelity;             // "fast", "cycle"
    std::vector<std::string> values;  // of the sweep's fields
    std::string network;
    std::optional<std::int64_t> luts;  // not known: empty
    bool luts_estimated = false;
    std::optional<double> accuracy;
};

struct StoredPoint {
    PointLabels labels;
    PointResult result;
};

class Store {
  public:
    enum class Mode { Write, Read };
    // Creates the file where there is none (Write). Throws InputError when it is no database of sweeps, was
    // written by another version of satsim (`program`), or is being written by another process.
    Store(const std::filesystem::path& file, Mode mode, const std::string& program);
    ~Store();
    Store(Store&&) noexcept;
    Store& operator=(Store&&) noexcept;

    // The sweep that the rows are about: its name, its fields, its file's text.
    void describe(const std::string& name, const std::vector<std::string>& fields, const std::string& text);
    // Throws std::logic_error when the point is there already: no result is ever replaced.
    void add(const StoredPoint& point);
    // Forgets points that ended in a fault of the program, which may have passed (no memory, for example).
    void forget_faults();
    // Values of points that are there already, and their LUTs and accuracy where they are known now. Of
    // several labels of one configuration the first counts.
    void relabel(const std::vector<PointLabels>& labels);

    // Identities of the points that are there.
    [[nodiscard]] std::set<std::string> known(const std::string& fidelity) const;
    // All points that are there, by their identity.
    [[nodiscard]] std::map<std::string, StoredPoint> points(const std::string& fidelity) const;

  private:
    class Database;
    std::unique_ptr<Database> database_;
};

}  // namespace satsim::sweep
