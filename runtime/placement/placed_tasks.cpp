#include "runtime/placement/placed_tasks.hpp"

#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace satsim::placement {
namespace {

std::size_t at(int index) {
    return static_cast<std::size_t>(index);
}

std::vector<std::size_t> machines_of_tasks(const PlacedStep& placed, std::size_t tasks) {
    std::vector<std::size_t> machines(tasks);
    const std::vector<Node>& nodes = placed.problem.graph.nodes;
    for (std::size_t n = 0; n < nodes.size(); ++n)
        for (const std::size_t task : nodes[n].tasks) machines[task] = at(placed.placement.assignment[n]);
    return machines;
}

// What each of a machine's tasks took where it is: by itself if others of its kernel are elsewhere.
class TaskCosts {
  public:
    TaskCosts(const std::vector<MachineCosts>& costs, const std::vector<std::size_t>& machines)
        : costs_(costs), machines_(machines), broken_(costs.size()) {
        for (std::size_t m = 0; m < costs.size(); ++m)
            for (std::size_t task = 0; task < machines.size(); ++task)
                if (const auto& result = costs[m].tasks[task];
                    result && result->kernel && machines[task] != m)
                    broken_[m].insert(*result->kernel);
    }

    [[nodiscard]] const TaskResult& of(std::size_t task) const {
        const TaskResult& result = costs_[machines_[task]].tasks[task].value();
        const bool apart = result.kernel && broken_[machines_[task]].contains(*result.kernel);
        return apart ? *result.apart : result;
    }

  private:
    const std::vector<MachineCosts>& costs_;
    const std::vector<std::size_t>& machines_;
    std::vector<std::set<std::size_t>> broken_;  // of each machine, kernels that it has not all tasks of
};

// As the simulation charges it: every byte at both ends, and the host while it moves them.
double joules_of(const Problem& problem, const TransferEvent& event) {
    double joules = (event.end - event.start) * problem.transfer_watts;
    for (const int end : {event.from, event.to}) {
        const Machine& machine = problem.machines[at(end)];
        if (!machine.in_host_memory()) joules += static_cast<double>(event.bytes) * machine.link_byte_joules;
    }
    return joules;
}

// Whose transfer it is: what the host reads or made is the host's task's, as in a step on SAT alone; between
// two cards the one's that made it.
int node_of(const PlacedStep& placed, const TransferEvent& event) {
    const Problem& problem = placed.problem;
    if (event.reader >= 0 && problem.machines[at(event.to)].in_host_memory())
        return placed.expansion.runs()[at(event.reader)].node;
    return problem.graph.tensors[at(event.tensor)].producer;
}

std::vector<PlacedTask> transfers_of(const Network& network, const PlacedStep& placed) {
    const Problem& problem = placed.problem;
    std::map<std::tuple<int, Stage, int, int>, std::size_t> known;  // layer, stage, from, to
    std::vector<PlacedTask> all;
    for (const TransferEvent& event : placed.outcome.transfers) {
        const Node& node = problem.graph.nodes[at(node_of(placed, event))];
        const auto [found, is_new] =
            known.try_emplace({node.layer, node.stage, event.from, event.to}, all.size());
        if (is_new) {
            PlacedTask made;
            made.machine = at(problem.machines[at(event.to)].in_host_memory() ? event.from : event.to);
            made.result.layer = network.layers[at(node.layer)].name;
            made.result.stage = to_string(node.stage);
            made.result.kind = "transfer";
            made.result.part =
                problem.machines[at(event.from)].name + " to " + problem.machines[at(event.to)].name;
            made.result.times = 0;
            made.result.bound = Bound::Host;
            made.result.provenance = Provenance::Modelled;
            all.push_back(std::move(made));
        }
        TaskResult& result = all[found->second].result;
        ++result.times;
        result.seconds += event.end - event.start;
        result.dram_bytes += event.bytes;
        result.energy_j += joules_of(problem, event);
    }
    return all;
}

}  // namespace

std::vector<PlacedTask> placed_tasks(const Network& network, const PlacedStep& placed,
                                     const std::vector<MachineCosts>& costs) {
    std::vector<PlacedTask> all;
    const std::vector<std::size_t> machines = machines_of_tasks(placed, costs[0].tasks.size());
    const TaskCosts as_placed(costs, machines);
    for (std::size_t task = 0; task < machines.size(); ++task)
        all.push_back({as_placed.of(task), machines[task]});
    for (PlacedTask& transfer : transfers_of(network, placed)) all.push_back(std::move(transfer));
    return all;
}

}  // namespace satsim::placement
