#include "runtime/trace/step_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "runtime/dispatch/bound.hpp"

namespace satsim {
namespace {

enum Tid : int { kTasks = 1, kFirstEngine = 2, kHost = 10, kPcie = 11 };

// Draws one result under one process.
class StepDrawer {
  public:
    StepDrawer(ChromeTrace& trace, const StepResult& result, int pid, std::size_t max_events)
        : trace_(trace), result_(result), pid_(pid), max_events_(max_events) {}

    void draw() {
        trace_.process(pid_,
                       fmt::format("{} {} batch {}: SAT @{:g} MHz", result_.network, result_.recipe,
                                   result_.batch, result_.clock_hz / 1e6),
                       pid_);
        trace_.track(pid_, kTasks, "tasks", kTasks);
        for (int engine = 0; engine < isa::kEngines; ++engine)
            trace_.track(pid_, kFirstEngine + engine, isa::kEngineNames[static_cast<std::size_t>(engine)],
                         kFirstEngine + engine);
        trace_.track(pid_, kHost, "host CPU (modelled)", kHost);
        trace_.track(pid_, kPcie, "PCIe (modelled)", kPcie);
        double seconds = 0;
        for (const TaskResult& task : result_.tasks) {
            const Nanoseconds start = nanoseconds(seconds);
            const Nanoseconds end = nanoseconds(seconds + task.seconds);
            draw_task(task, seconds, start, end);
            seconds += task.seconds;
        }
        counters(nanoseconds(seconds), 0, 0, 0, 0);
    }

  private:
    static Nanoseconds nanoseconds(double seconds) { return std::llround(seconds * 1e9); }

    void draw_task(const TaskResult& task, double seconds, Nanoseconds start, Nanoseconds end) {
        ChromeTrace::Arguments arguments{{"layer", task.layer},
                                         {"stage", task.stage},
                                         {"kind", task.kind},
                                         {"bound", to_string(task.bound)},
                                         {"provenance", to_string(task.provenance)},
                                         {"cycles", std::to_string(task.cycles)},
                                         {"dram_bytes", std::to_string(task.dram_bytes)}};
        if (task.kind == "gemm") {
            arguments.emplace_back("m,n,k",
                                   fmt::format("{},{},{}", task.shape.m, task.shape.n, task.shape.k));
            arguments.emplace_back("nm", to_string(task.nm));
            arguments.emplace_back("schedule", task.tile);
        }
        if (task.times > 1) {
            arguments.emplace_back("times", std::to_string(task.times));
            arguments.emplace_back("note", "engines are drawn for the first of them");
        }
        const std::string title = task_title(task);
        trace_.slice(pid_, kTasks, title, task.kind, start, end, arguments);
        if (task.kind == "host" || task.kind == "transfer") {
            trace_.slice(pid_, task.kind == "host" ? kHost : kPcie, title, task.kind, start, end);
            const double rate =
                task.seconds > 0 ? static_cast<double>(task.dram_bytes) / task.seconds / 1e9 : 0;
            const bool out = task.part == "to host";
            counters(start, out ? rate : 0, out ? 0 : rate, 0, rate);
            return;
        }
        const double lines =
            static_cast<double>(task.execution.memory.read_lines + task.execution.memory.write_lines);
        const double total = task.seconds > 0 ? static_cast<double>(task.dram_bytes) / task.seconds / 1e9 : 0;
        const double reads =
            lines > 0 ? total * static_cast<double>(task.execution.memory.read_lines) / lines : 0;
        const double array = task.kind == "gemm" ? 100 * task_utilization(task, result_.peak_macs) : 0;
        counters(start, reads, total - reads, array, 0);
        draw_engines(task, seconds, end, title);
    }

    void counters(Nanoseconds at, double reads, double writes, double array, double pcie) {
        trace_.counter(pid_, "DRAM read [GB/s]", at, reads);
        trace_.counter(pid_, "DRAM write [GB/s]", at, writes);
        trace_.counter(pid_, "array utilisation [%]", at, array);
        trace_.counter(pid_, "PCIe [GB/s]", at, pcie);
    }

    void draw_engines(const TaskResult& task, double seconds, Nanoseconds end, const std::string& title) {
        std::size_t operations = 0;
        std::size_t intervals = 0;
        for (const auto& records : task.execution.operations) operations += records.size();
        for (const auto& busy : task.intervals) intervals += busy.size();
        const auto fits = [this](std::size_t events) {
            return events > 0 && trace_.events() + events <= max_events_;
        };
        const bool each = fits(operations);
        const bool merged = !each && fits(intervals);
        for (std::size_t engine = 0; engine < task.execution.operations.size(); ++engine) {
            const int tid = kFirstEngine + static_cast<int>(engine);
            const Cycles busy = task.execution.busy[engine];
            if (each) {
                draw_operations(task.execution.operations[engine], tid, seconds, end);
            } else if (merged) {
                draw_intervals(task.intervals[engine], tid, seconds, end);
            } else if (busy > 0) {
                const Nanoseconds stop = std::min(end, nanoseconds(seconds + cycles(busy)));
                trace_.slice(pid_, tid, title, "aggregated", nanoseconds(seconds), stop,
                             {{"busy_cycles", std::to_string(busy)}, {"note", "not drawn one by one"}});
            }
        }
    }

    void draw_intervals(const std::vector<BusyInterval>& intervals, int tid, double seconds,
                        Nanoseconds task_end) {
        const std::string engine(isa::kEngineNames[static_cast<std::size_t>(tid - kFirstEngine)]);
        for (const BusyInterval& interval : intervals) {
            const Nanoseconds stop = std::min(task_end, nanoseconds(seconds + cycles(interval.end)));
            const Nanoseconds start = std::min(stop, nanoseconds(seconds + cycles(interval.begin)));
            trace_.slice(pid_, tid, fmt::format("{} x{}", engine, interval.operations), "busy", start, stop,
                         {{"start", std::to_string(interval.begin)},
                          {"end", std::to_string(interval.end - 1)},
                          {"operations", std::to_string(interval.operations)},
                          {"busy_cycles", std::to_string(interval.busy)}});
        }
    }

    // Operations of one engine overlap in its pipeline; on its track each lasts until the next is dispatched,
    // and its true cycles are in the arguments.
    void draw_operations(const std::vector<OperationRecord>& records, int tid, double seconds,
                         Nanoseconds task_end) {
        const std::string engine(isa::kEngineNames[static_cast<std::size_t>(tid - kFirstEngine)]);
        for (std::size_t i = 0; i < records.size(); ++i) {
            Cycles last = records[i].end + 1;
            if (i + 1 < records.size()) last = std::min(last, records[i + 1].start);
            const Nanoseconds stop = std::min(task_end, nanoseconds(seconds + cycles(last)));
            const Nanoseconds start = std::min(stop, nanoseconds(seconds + cycles(records[i].start)));
            trace_.slice(pid_, tid, fmt::format("{} {}", engine, i), "operation", start, stop,
                         {{"start", std::to_string(records[i].start)},
                          {"release", std::to_string(records[i].release)},
                          {"end", std::to_string(records[i].end)}});
        }
    }

    [[nodiscard]] double cycles(Cycles count) const { return static_cast<double>(count) / result_.clock_hz; }

    ChromeTrace& trace_;
    const StepResult& result_;
    int pid_;
    std::size_t max_events_;
};

}  // namespace

ChromeTrace make_step_trace(std::span<const StepResult> results, const StepTraceOptions& options) {
    ChromeTrace trace;
    trace.note("tool", "satsim");
    trace.note(
        "rule",
        fmt::format("operations, or else merged busy intervals, are drawn only where the file holds at most "
                    "{} events with them; tasks, their engines as one slice each, counters and names are "
                    "always written, however many",
                    options.max_events));
    int pid = 1;
    for (const StepResult& result : results) {
        // Every result may use its share, so that the first does not leave the second without detail.
        const std::size_t share = options.max_events * static_cast<std::size_t>(pid) / results.size();
        StepDrawer(trace, result, pid++, share).draw();
    }
    return trace;
}

}  // namespace satsim
