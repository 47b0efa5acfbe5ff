// A training step as a trace: one track an engine, the host and PCIe beside them, counters for bandwidth and
// the array.
#pragma once

#include <span>

#include "runtime/dispatch/step_result.hpp"
#include "runtime/trace/chrome_trace.hpp"

namespace satsim {

struct StepTraceOptions {
    // Task after task, operations are drawn one by one, or the task's busy intervals where its operations
    // were not kept or are too many, until the file would hold more events than this; later tasks (and tasks
    // of which nothing was recorded) show one slice an engine instead, as long as the engine was busy.
    std::size_t max_events = 200'000;
};

// Several results stand one above the other, each from time 0.
[[nodiscard]] ChromeTrace make_step_trace(std::span<const StepResult> results,
                                          const StepTraceOptions& options);

}  // namespace satsim
