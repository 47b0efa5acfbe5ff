// Seconds and joules of a step by the network's modules and stages.
#pragma once

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/workload/network.hpp"

namespace satsim {

struct ModuleShare {
    // A module of the top level. Of a network with modules also a layer beside them that has a matrix or
    // table of its own (a head, an embedding); the network for all other layers.
    std::string name;
    std::array<double, 3> seconds{};  // FF, BP, WU
    double joules = 0;
    [[nodiscard]] double total_seconds() const { return seconds[0] + seconds[1] + seconds[2]; }
};

[[nodiscard]] bool has_modules(const Network& network);

class ModuleTally {
  public:
    explicit ModuleTally(const Network& network);
    void add(int layer, Stage stage, double seconds, double joules);
    void add(const std::string& layer, const std::string& stage, double seconds, double joules);
    // Every module in the order of the network, with or without work.
    [[nodiscard]] const std::vector<ModuleShare>& all() const { return shares_; }
    // Modules without work are left out.
    [[nodiscard]] std::vector<ModuleShare> shares() const;

  private:
    std::vector<ModuleShare> shares_;
    std::vector<std::size_t> share_of_;           // of each layer
    std::map<std::string, std::size_t> by_name_;  // of each layer's name
};

// [{name, seconds, energy_j, stages: {FF, BP, WU}}]
[[nodiscard]] nlohmann::ordered_json modules_json(const std::vector<ModuleShare>& shares);

}  // namespace satsim
