// The tables of `satsim compare --target`.
#pragma once

#include <span>
#include <string>

#include "host/table.hpp"
#include "runtime/comparison/alignment.hpp"

namespace satsim::host {

// Program: plain numbers in SI units, for CSV.
enum class TableUse { People, Program };

// One line a row: time, joules, and place under the roofline of every target; who wins and why.
[[nodiscard]] Table row_table(std::span<const TargetRun> runs, std::span<const Row> rows, TableUse use);
// One line a target and kind of work: FF, BP, WU GEMMs and the rest.
[[nodiscard]] Table target_stage_table(std::span<const TargetRun> runs);
// One line a target: totals, efficiency, normalised by peak, bandwidth and watts.
[[nodiscard]] Table total_table(std::span<const TargetRun> runs);
[[nodiscard]] Table normalised_table(std::span<const TargetRun> runs);

// All of them, with what the labels mean.
[[nodiscard]] std::string targets_text(std::span<const TargetRun> runs, std::span<const Row> rows);

}  // namespace satsim::host
