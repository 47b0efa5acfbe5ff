// What a sweep takes from other sources: LUTs of a configuration from synthesis, accuracy from a user's
// table.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/isa/program.hpp"
#include "runtime/recipe/recipe.hpp"

namespace satsim::sweep {

// LUTs of synthesized arrays (`satsim synth --json`, with --sweep for several). An array that was synthesized
// has its figure. Another one with the same M is given by
//     LUTs = a * R * C + b * (R + C) + d
// through three synthesized ones, when there are three that determine it; docs/formats/sweep.md. Nothing else
// is known of an array's size.
class AreaTable {
  public:
    // Throws InputError naming file and JSON pointer.
    void read(const std::filesystem::path& path);
    void add(const nlohmann::json& document, const std::string& name);
    [[nodiscard]] bool empty() const { return entries_.empty(); }

    struct Luts {
        std::int64_t count = 0;
        bool estimated = false;  // by the formula
    };
    [[nodiscard]] std::optional<Luts> luts(int rows, int columns, int max_m) const;
    // The device that everything was synthesized for; empty where the files name none or several.
    [[nodiscard]] std::string device() const { return devices_.size() == 1 ? *devices_.begin() : ""; }

  private:
    struct Entry {
        int rows;
        int columns;
        int max_m;
        std::int64_t luts;
    };
    std::vector<Entry> entries_;
    std::set<std::string> devices_;
};

// {"format": "satsim-accuracy", "version": 1, "source": ..., "entries": [{"network", "method", "nm",
// "accuracy"}]}: top-1 accuracy, 0 to 1, after training.
class AccuracyTable {
  public:
    void read(const std::filesystem::path& path);
    void add(const nlohmann::json& document, const std::string& name);
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] std::optional<double> accuracy(const std::string& network, const Recipe& recipe) const;

  private:
    struct Entry {
        std::string network;
        std::string method;
        NmPattern nm;
        double accuracy;
    };
    std::vector<Entry> entries_;
};

}  // namespace satsim::sweep
