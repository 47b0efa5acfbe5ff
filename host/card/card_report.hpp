// What a run on a card looks like: to people, and as one JSON object (docs/card.md).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "host/card/card_run.hpp"

namespace satsim::card {

[[nodiscard]] std::string report_text(const RunReport& report);
[[nodiscard]] nlohmann::ordered_json report_json(const RunReport& report);

// The sizes of a kernel.
[[nodiscard]] std::string array_text(const std::string& card, const isa::ArrayConfig& array);
[[nodiscard]] nlohmann::ordered_json array_json(const isa::ArrayConfig& array);

}  // namespace satsim::card
