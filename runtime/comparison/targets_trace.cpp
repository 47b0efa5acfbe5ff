#include "runtime/comparison/targets_trace.hpp"

#include <cmath>

#include "runtime/dispatch/bound.hpp"
#include "runtime/dispatch/step_result.hpp"

namespace satsim {

ChromeTrace make_targets_trace() {
    ChromeTrace trace;
    trace.note("tool", "satsim");
    trace.note("rule",
               "a slice for each task of each target; a task that the step has several times is one slice, "
               "as long as "
               "all of them and named by how many (x30); of several machines each run of a node is a slice");
    return trace;
}

std::string process_title(const std::string& network, const TargetRun& run, const std::string& machine) {
    return network + ": " + run.name + (machine.empty() ? "" : ": " + machine) + " (" +
           to_string(run.provenance()) + ")";
}

ChromeTrace::Arguments task_arguments(const TaskResult& task) {
    return {{"layer", task.layer},
            {"stage", task.stage},
            {"part", task.part},
            {"kind", task.kind},
            {"bound", to_string(task.bound)},
            {"provenance", to_string(task.provenance)},
            {"kernel", task.tile},
            {"dram_bytes", std::to_string(task.dram_bytes)}};
}

void add_target(ChromeTrace& trace, int pid, std::size_t target, const TargetRun& run,
                const std::string& network, LayerPlaces& places) {
    constexpr int kTasks = 1;
    trace.process(pid, process_title(network, run), pid);
    trace.track(pid, kTasks, "tasks", kTasks);
    double seconds = 0;
    for (const TaskResult& task : run.tasks) {
        const Nanoseconds start = std::llround(seconds * 1e9);
        seconds += task.seconds;
        const Nanoseconds end = std::llround(seconds * 1e9);
        if (end == start) continue;  // nothing to be seen
        places.add(target, task, {pid, kTasks, start});
        trace.slice(pid, kTasks, task_title(task), task.kind, start, end, task_arguments(task));
    }
}

}  // namespace satsim
