// The fields that `satsim compare --target` adds to its JSON object; docs/formats/compare.md is the contract.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "runtime/comparison/alignment.hpp"

namespace satsim {

// One object a run: name, provenance, seconds, energy_j, layers, and details.
[[nodiscard]] nlohmann::ordered_json targets_json(std::span<const TargetRun> runs);

// One object a row: who wins, by how much, why, and the position of each target under its roofline.
[[nodiscard]] nlohmann::ordered_json rows_json(std::span<const TargetRun> runs, std::span<const Row> rows);

}  // namespace satsim
