#include "runtime/comparison/targets_trace.hpp"

#include <cmath>

#include "runtime/dispatch/bound.hpp"
#include "runtime/dispatch/step_result.hpp"

namespace satsim {

ChromeTrace make_targets_trace(std::span<const TargetRun> runs, const std::string& network) {
    constexpr int kTasks = 1;
    ChromeTrace trace;
    trace.note("tool", "satsim");
    int pid = 1;
    for (const TargetRun& run : runs) {
        trace.process(pid, network + ": " + run.name + " (" + to_string(run.provenance()) + ")", pid);
        trace.track(pid, kTasks, "tasks", kTasks);
        double seconds = 0;
        for (const TaskResult& task : run.tasks) {
            const Nanoseconds start = std::llround(seconds * 1e9);
            seconds += task.seconds;
            const Nanoseconds end = std::llround(seconds * 1e9);
            if (end == start) continue;  // nothing to be seen
            trace.slice(pid, kTasks, task_title(task), task.kind, start, end,
                        {{"layer", task.layer},
                         {"stage", task.stage},
                         {"part", task.part},
                         {"kind", task.kind},
                         {"bound", to_string(task.bound)},
                         {"provenance", to_string(task.provenance)},
                         {"kernel", task.tile},
                         {"dram_bytes", std::to_string(task.dram_bytes)}});
        }
        ++pid;
    }
    return trace;
}

}  // namespace satsim
