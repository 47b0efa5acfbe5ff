// Several targets' runs of one step as a trace: one process a target, all on one clock from 0.
#pragma once

#include <span>
#include <string>

#include "runtime/comparison/target_run.hpp"
#include "runtime/trace/chrome_trace.hpp"

namespace satsim {

// Each task is a slice on its target's track `tasks`, with layer, stage and provenance as arguments, so that
// `satsim trace diff` can align them.
[[nodiscard]] ChromeTrace make_targets_trace(std::span<const TargetRun> runs, const std::string& network);

}  // namespace satsim
