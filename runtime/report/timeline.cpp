#include <algorithm>

#include "runtime/dispatch/bound.hpp"
#include "runtime/report/document.hpp"
#include "runtime/trace/busy_intervals.hpp"

namespace satsim::report {
namespace {

using nlohmann::ordered_json;

// [begin, end, busy, operations] of each interval, in cycles of the task.
ordered_json intervals_json(const std::vector<BusyInterval>& intervals) {
    ordered_json list = ordered_json::array();
    for (const BusyInterval& interval : intervals)
        list.push_back({interval.begin, interval.end, interval.busy, interval.operations});
    return list;
}

std::vector<BusyInterval> intervals_of(const TaskResult& task, std::size_t engine, std::size_t most) {
    if (!task.intervals[engine].empty()) return task.intervals[engine];
    return busy_intervals(task.execution.operations[engine], most);
}

bool recorded(const TaskResult& task) {
    const auto any = [](const auto& list) { return !list.empty(); };
    return std::any_of(task.intervals.begin(), task.intervals.end(), any) ||
           std::any_of(task.execution.operations.begin(), task.execution.operations.end(), any);
}

// Numbers of the longest tasks of which something was recorded, longest first.
std::vector<std::size_t> longest(const StepResult& result, std::size_t most) {
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < result.tasks.size(); ++i) {
        if (recorded(result.tasks[i])) numbers.push_back(i);
    }
    std::stable_sort(numbers.begin(), numbers.end(), [&](std::size_t a, std::size_t b) {
        return result.tasks[a].seconds > result.tasks[b].seconds;
    });
    numbers.resize(std::min(numbers.size(), most));
    return numbers;
}

ordered_json excerpts_json(const StepResult& result, const TimelineOptions& options) {
    ordered_json excerpts = ordered_json::array();
    for (const std::size_t number : longest(result, options.tasks)) {
        const TaskResult& task = result.tasks[number];
        ordered_json engines = ordered_json::object();
        for (std::size_t engine = 0; engine < isa::kEngines; ++engine)
            engines[std::string(isa::kEngineNames[engine])] =
                intervals_json(intervals_of(task, engine, options.intervals));
        excerpts.push_back({{"task", number}, {"cycles", task.cycles}, {"engines", std::move(engines)}});
    }
    return excerpts;
}

}  // namespace

ordered_json timeline_json(std::span<const StepResult> results, const TimelineOptions& options) {
    ordered_json list = ordered_json::array();
    for (const StepResult& result : results) {
        ordered_json tasks = ordered_json::array();
        double start = 0;
        for (const TaskResult& task : result.tasks) {
            tasks.push_back({{"title", task_title(task)},
                             {"kind", task.kind},
                             {"stage", task.stage},
                             {"bound", to_string(task.bound)},
                             {"start_s", start},
                             {"seconds", task.seconds}});
            start += task.seconds;
        }
        list.push_back({{"recipe", result.recipe},
                        {"tasks", std::move(tasks)},
                        {"excerpts", excerpts_json(result, options)}});
    }
    return list;
}

}  // namespace satsim::report
