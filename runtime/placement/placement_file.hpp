// A placement as a file that people edit: docs/formats/placement.md.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "runtime/placement/machine.hpp"

namespace satsim::placement {

// Where everything is, a line for each node; read back it gives the same assignment.
[[nodiscard]] nlohmann::ordered_json placement_document(const Network& network, const Problem& problem,
                                                        const Assignment& assignment);

// Entries from first to last, later ones over earlier ones and over `start`, where that is given. Throws
// InputError naming file and JSON pointer for a layer, stage, part or target that does not exist, a node that
// no entry places, and a target that cannot run what is placed on it.
[[nodiscard]] Assignment parse_placement(const nlohmann::json& document, const std::string& file,
                                         const Network& network, const Problem& problem,
                                         const Assignment* start = nullptr);
[[nodiscard]] Assignment load_placement(const std::filesystem::path& path, const Network& network,
                                        const Problem& problem);

}  // namespace satsim::placement
