// A sweep as the data of a report.
#pragma once

#include <nlohmann/json.hpp>

#include "runtime/sweep/outcome.hpp"

namespace satsim::host {

// All finished points with their fields and figures; docs/formats/report.md, "data of a sweep". The page
// needs at least one.
[[nodiscard]] nlohmann::ordered_json sweep_report_data(const sweep::Outcome& outcome);

}  // namespace satsim::host
