#include "runtime/placement/placement_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "runtime/comparison/targets_trace.hpp"
#include "runtime/dispatch/bound.hpp"

namespace satsim::placement {
namespace {

Nanoseconds nanoseconds(double seconds) {
    return std::llround(seconds * 1e9);
}

class Drawing {
  public:
    Drawing(ChromeTrace& trace, int pid, std::size_t target, const Network& network, const TargetRun& run,
            const PlacedStep& placed, LayerPlaces& places)
        : trace_(trace),
          pid_(pid),
          target_(target),
          network_(network),
          run_(run),
          placed_(placed),
          places_(places) {}

    int draw(std::size_t max_runs) {
        name_tracks();
        std::vector<NodeEvent> events = placed_.outcome.nodes;
        std::stable_sort(events.begin(), events.end(),
                         [](const NodeEvent& a, const NodeEvent& b) { return a.start < b.start; });
        double until = placed_.outcome.seconds;
        if (events.size() > max_runs) {
            until = events[max_runs].start;
            events.resize(max_runs);
            trace_.note("rule of " + run_.name,
                        fmt::format("the first {} runs of {} nodes are drawn: {:.3f} of {:.3f} s", max_runs,
                                    placed_.outcome.nodes.size(), until, placed_.outcome.seconds));
        }
        for (const NodeEvent& event : events) draw_run(event);
        for (const TransferEvent& transfer : placed_.outcome.transfers)
            if (transfer.end <= until) draw_transfer(transfer);
        return links_ + 1;
    }

  private:
    static constexpr int kTasks = 1;

    [[nodiscard]] const Machine& machine(int index) const {
        return placed_.problem.machines[static_cast<std::size_t>(index)];
    }

    void name_tracks() {
        const auto machines = static_cast<int>(placed_.problem.machines.size());
        links_ = pid_ + machines;
        for (int m = 0; m < machines; ++m) {
            trace_.process(pid_ + m, process_title(network_.name, run_, machine(m).name), pid_ + m);
            trace_.track(pid_ + m, kTasks, "tasks", kTasks);
        }
        trace_.process(links_, network_.name + ": " + run_.name + ": PCIe (modelled)", links_);
        for (int m = 0; m < machines; ++m) {
            if (machine(m).in_host_memory()) continue;
            trace_.track(links_, up(m), machine(m).name + " to host", up(m));
            trace_.track(links_, down(m), "host to " + machine(m).name, down(m));
        }
    }

    static int up(int machine) { return 2 * machine + 1; }
    static int down(int machine) { return 2 * machine + 2; }

    void draw_run(const NodeEvent& event) {
        const Run& run = placed_.expansion.runs()[static_cast<std::size_t>(event.run)];
        const Node& node = placed_.problem.graph.nodes[static_cast<std::size_t>(run.node)];
        const std::string& layer = network_.layers[static_cast<std::size_t>(node.layer)].name;
        const Nanoseconds start = nanoseconds(event.start);
        const Nanoseconds end = nanoseconds(event.end);
        runs_[event.run] = event;
        if (end == start) return;  // nothing to be seen
        std::string title = layer + " " + to_string(node.stage);
        if (!node.part.empty()) title += " " + node.part;
        for (const std::size_t task : node.tasks)
            places_.add(target_, run_.tasks[task], {pid_ + event.machine, kTasks, start});
        ChromeTrace::Arguments arguments = task_arguments(summary_of(node));
        arguments.insert(arguments.end(), {{"turn", std::to_string(run.turn)},
                                           {"micro_batch", std::to_string(run.micro_batch)},
                                           {"turns", std::to_string(run.weight)}});
        trace_.slice(pid_ + event.machine, kTasks, title, summary_of(node).kind, start, end, arguments);
    }

    // A node as one task: the longest of its tasks, with the weakest provenance, and the bytes of one run.
    [[nodiscard]] TaskResult summary_of(const Node& node) const {
        const TaskResult* longest = &run_.tasks[node.tasks.front()];
        Provenance provenance = longest->provenance;
        Bytes bytes = 0;
        for (const std::size_t t : node.tasks) {
            const TaskResult& task = run_.tasks[t];
            if (task.seconds > longest->seconds) longest = &task;
            provenance = weaker(provenance, task.provenance);
            bytes += task.dram_bytes / std::max<std::int64_t>(task.times, 1);
        }
        TaskResult summary = *longest;
        summary.provenance = provenance;
        summary.dram_bytes = bytes;
        return summary;
    }

    // A slice on each link that it takes, and arrows from the run that made the tensor to the one that asked.
    void draw_transfer(const TransferEvent& transfer) {
        const Tensor& tensor = placed_.problem.graph.tensors[static_cast<std::size_t>(transfer.tensor)];
        const Nanoseconds start = nanoseconds(transfer.start);
        const Nanoseconds end = nanoseconds(transfer.end);
        if (start == end) return;
        std::vector<int> tracks;
        if (!machine(transfer.from).in_host_memory()) tracks.push_back(up(transfer.from));
        if (!machine(transfer.to).in_host_memory()) tracks.push_back(down(transfer.to));
        for (const int track : tracks)
            trace_.slice(links_, track, tensor.name, "transfer", start, end,
                         {{"provenance", to_string(Provenance::Modelled)},
                          {"bytes", std::to_string(transfer.bytes)},
                          {"from", machine(transfer.from).name},
                          {"to", machine(transfer.to).name}});
        const auto producer = runs_.find(transfer.producer);
        if (producer == runs_.end()) return;
        const NodeEvent& made = producer->second;
        const Nanoseconds made_at = std::max(nanoseconds(made.start), nanoseconds(made.end) - 1);
        trace_.flow(tensor.name, "tensor", {pid_ + made.machine, kTasks, made_at},
                    {links_, tracks.front(), start});
        const auto reader = runs_.find(transfer.reader);
        if (reader == runs_.end()) return;
        trace_.flow(tensor.name, "tensor", {links_, tracks.back(), end - 1},
                    {pid_ + reader->second.machine, kTasks, nanoseconds(reader->second.start)});
    }

    ChromeTrace& trace_;
    int pid_;
    std::size_t target_;
    const Network& network_;
    const TargetRun& run_;
    const PlacedStep& placed_;
    LayerPlaces& places_;
    int links_ = 0;
    std::map<int, NodeEvent> runs_;
};

}  // namespace

int add_placed_step(ChromeTrace& trace, int pid, std::size_t target, const Network& network,
                    const TargetRun& run, const PlacedStep& placed, std::size_t max_runs,
                    LayerPlaces& places) {
    return Drawing(trace, pid, target, network, run, placed, places).draw(max_runs);
}

}  // namespace satsim::placement
