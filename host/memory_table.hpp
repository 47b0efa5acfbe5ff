// What a step needs of a machine's memory, and whether it has it.
#pragma once

#include <span>
#include <string>

#include "host/table.hpp"
#include "runtime/comparison/target_run.hpp"
#include "runtime/dispatch/step_result.hpp"

namespace satsim::host {

// "bdwp-2:8: memory 1.20 GiB of 64.00 GiB (activations 1.00 GiB, ...)", a line; empty where nobody planned
// it.
[[nodiscard]] std::string memory_text(const StepResult& result);

// "1.2 of 64.0 GiB", "does not fit: 154.7 of 80.0 GiB"; "-" where it is not known.
[[nodiscard]] std::string fit_text(const std::optional<MemoryFit>& plan);

// One line a target: the recipe's step in its memory, with the arithmetic.
[[nodiscard]] Table memory_table(std::span<const TargetRun> runs);

// A line for each step that does not fit its target, and what would; empty where all fit.
[[nodiscard]] std::string misfits_text(std::span<const TargetRun> runs, const std::string& recipe,
                                       const std::string& baseline);

}  // namespace satsim::host
