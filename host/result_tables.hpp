// The tables that people read of one result, of two side by side, and of energy.
#pragma once

#include <string>

#include "host/table.hpp"
#include "runtime/dispatch/step_result.hpp"

namespace satsim::host {

// One line a GEMM task.
[[nodiscard]] Table layer_table(const StepResult& result);
// One line a GEMM task of `result`, with the baseline's cycles beside.
[[nodiscard]] Table comparison_table(const StepResult& baseline, const StepResult& result);
// FF, BP and WU GEMMs, vector work, host work, transfers; then the GEMMs together and the whole step. Of a
// comparison, all but the baseline's time is the recipe's.
[[nodiscard]] Table stage_table(const StepResult& baseline, const StepResult& result);
[[nodiscard]] Table stage_table(const StepResult& result);
// Everything but GEMMs, a line an operation of vector work, host work and transfers in a stage: the longest
// first, `bound` of all its time or of most of it.
[[nodiscard]] Table operation_table(const StepResult& baseline, const StepResult& result);
[[nodiscard]] Table operation_table(const StepResult& result);
// One line a counted event and an assumed power.
[[nodiscard]] Table energy_table(const energy::Report& report);
// The sample and what of the recipe is assumed, a line each; empty where there is neither.
[[nodiscard]] std::string provenance_text(const std::string& recipe, const std::string& sample,
                                          const std::vector<std::string>& assumptions);
[[nodiscard]] std::string provenance_text(const StepResult& result);
// Utilisation, traffic, joules of a step in a few lines.
[[nodiscard]] std::string totals_text(const StepResult& result);

}  // namespace satsim::host
