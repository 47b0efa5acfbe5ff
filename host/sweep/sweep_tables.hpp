// How the outcome of a sweep looks.
#pragma once

#include <string>
#include <vector>

#include "host/sweep/sweep_session.hpp"
#include "host/table.hpp"
#include "runtime/sweep/outcome.hpp"

namespace satsim::host {

// "/hardware/array/rows" as "rows"; with what stands before it where that alone is ambiguous.
[[nodiscard]] std::vector<std::string> short_names(const std::vector<std::string>& fields);
// The fronts, or all finished points: network by network, by the time of a sample.
[[nodiscard]] Table sweep_table(const sweep::Outcome& outcome, bool all);
// All finished points with all figures, in SI units.
[[nodiscard]] Table sweep_csv(const sweep::Outcome& outcome);
// Table, counts, and why configurations are impossible.
[[nodiscard]] std::string sweep_text(const sweep::Outcome& outcome, const SweepCounts& counts,
                                     const std::string& database, bool all);

}  // namespace satsim::host
