// Collects the layers of a network file, with the shapes that its reader will infer.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "runtime/workload/network.hpp"

namespace satsim::importer {

// Index of a layer in the file; -1 is the network's input.
using LayerIndex = int;

class NetworkWriter {
  public:
    explicit NetworkWriter(const TensorShape& input) : input_(input) {}

    // Appends a layer that reads `inputs` (none: a parameter; the second and later ones are its `with`).
    // `name` is made unique and safe; `fields` is everything beside name, kind, from and with.
    LayerIndex add(LayerKind kind, const std::string& name, const std::vector<LayerIndex>& inputs,
                   const TensorShape& out, nlohmann::ordered_json fields = nlohmann::ordered_json::object());

    [[nodiscard]] const TensorShape& shape(LayerIndex layer) const;
    [[nodiscard]] std::string name_of(LayerIndex layer) const;
    [[nodiscard]] std::size_t size() const { return shapes_.size(); }
    [[nodiscard]] nlohmann::ordered_json document(const std::string& name, const std::string& source,
                                                  std::int64_t batch) const;

  private:
    [[nodiscard]] std::string unique(const std::string& wanted);

    TensorShape input_;
    nlohmann::ordered_json layers_ = nlohmann::ordered_json::array();
    std::vector<TensorShape> shapes_;
    std::vector<std::string> names_;
    std::set<std::string> taken_{"input"};
};

}  // namespace satsim::importer
