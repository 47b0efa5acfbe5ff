// What targets are called in tables for people: short names, and how their figures came to be.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "host/table.hpp"
#include "runtime/comparison/target_run.hpp"

namespace satsim::host {

// "recorded, 5.8 % modelled": how a run's figures came to be, and the share of its time that says less.
[[nodiscard]] std::string provenance_label(const TargetRun& run);

// Joules, marked for people where nobody compared them with such a board.
[[nodiscard]] TableCell marked_joules(const TargetRun& run, double joules);

// "gpu:resnet18.json" of "gpu:traces/h100/resnet18.json"; with one folder where two would read the same, and
// whole where that does not tell them apart either.
[[nodiscard]] std::vector<std::string> short_names(std::span<const TargetRun> runs);

// Of each run its short name, and below it the label and whether the machine could do this at all: the name
// of a column of figures.
[[nodiscard]] std::vector<std::string> column_titles(std::span<const TargetRun> runs);

}  // namespace satsim::host
