// What N:M pruning keeps of a network's weights, as a table and as JSON (docs/formats/weights.md).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "host/commands.hpp"
#include "host/table.hpp"
#include "runtime/workload/network.hpp"

namespace satsim::host {

void add_weights(CLI::App& models, Action& action);

struct WeightReport {
    Table table;
    std::string text;             // the table, what it is of and what its words mean
    nlohmann::ordered_json json;  // file, tensors, bytes, layers
};

// Throws InputError where the file is no safetensors file or does not fit the network.
[[nodiscard]] WeightReport weight_report(const Network& network, const std::string& file);

}  // namespace satsim::host
