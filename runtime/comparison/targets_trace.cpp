#include "runtime/comparison/targets_trace.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "runtime/dispatch/bound.hpp"
#include "runtime/dispatch/step_result.hpp"

namespace satsim {
namespace {

// Where a target has a piece of work that others have too.
using Piece = std::tuple<std::string, std::string, std::string>;  // layer, stage, part

// Arrows from target to target between the slices of the same work, whichever comes first.
void link(ChromeTrace& trace, const std::map<Piece, std::vector<ChromeTrace::Place>>& places) {
    for (const auto& [work, slices] : places) {
        const std::string name = std::get<0>(work) + " " + std::get<1>(work);
        for (std::size_t i = 1; i < slices.size(); ++i) {
            const auto [first, second] = std::minmax(
                slices[i - 1], slices[i],
                [](const auto& a, const auto& b) { return std::tie(a.at, a.pid) < std::tie(b.at, b.pid); });
            trace.flow(name, "same layer", first, second);
        }
    }
}

}  // namespace

ChromeTrace make_targets_trace(std::span<const TargetRun> runs, const std::string& network) {
    constexpr int kTasks = 1;
    ChromeTrace trace;
    trace.note("tool", "satsim");
    trace.note("rule",
               "a slice for each task of each target; a task that the step has several times is one slice, "
               "as long as "
               "all of them and named by how many (x30)");
    std::map<Piece, std::vector<ChromeTrace::Place>> places;
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
            if (task.kind == "gemm") {
                std::vector<ChromeTrace::Place>& slices = places[{task.layer, task.stage, task.part}];
                if (slices.empty() || slices.back().pid != pid) slices.push_back({pid, kTasks, start});
            }
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
    link(trace, places);
    return trace;
}

}  // namespace satsim
