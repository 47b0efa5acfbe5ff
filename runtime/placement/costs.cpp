#include "runtime/placement/costs.hpp"

#include <map>
#include <set>

namespace satsim::placement {
namespace {

// Of the tasks that one kernel does.
struct Kernel {
    std::set<int> nodes;
    bool known = true;                   // what each of them takes by itself
    std::map<int, double> more_seconds;  // of all occurrences, by node
    std::map<int, double> more_joules;
};

std::map<std::size_t, Kernel> kernels_of(const Graph& graph, const MachineCosts& costs) {
    std::map<std::size_t, Kernel> kernels;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        for (const std::size_t task : graph.nodes[n].tasks) {
            const std::optional<TaskResult>& result = costs.tasks[task];
            if (!result || !result->kernel) continue;
            Kernel& kernel = kernels[*result->kernel];
            const int node = static_cast<int>(n);
            kernel.nodes.insert(node);
            kernel.known = kernel.known && result->apart != nullptr;
            if (result->apart == nullptr) continue;
            kernel.more_seconds[node] += result->apart->seconds - result->seconds;
            kernel.more_joules[node] += result->apart->energy_j - result->energy_j;
        }
    }
    return kernels;
}

void append_together(const Graph& graph, const MachineCosts& costs, int machine, std::vector<Together>& all) {
    for (const auto& [first, kernel] : kernels_of(graph, costs)) {
        if (kernel.nodes.size() < 2) continue;  // always together
        Together together;
        together.machine = machine;
        for (const int node : kernel.nodes) {
            const auto runs = static_cast<double>(graph.runs_of(node));
            together.nodes.push_back(node);
            together.more_seconds.push_back(kernel.known ? kernel.more_seconds.at(node) / runs : kCannot);
            together.more_joules.push_back(kernel.known ? kernel.more_joules.at(node) / runs : kCannot);
        }
        all.push_back(std::move(together));
    }
}

}  // namespace

Problem make_problem(Graph graph, const std::vector<MachineCosts>& costs, double transfer_watts) {
    Problem problem;
    problem.graph = std::move(graph);
    problem.transfer_watts = transfer_watts;
    for (const MachineCosts& each : costs) problem.machines.push_back(each.machine);
    for (std::size_t n = 0; n < problem.graph.nodes.size(); ++n) {
        const auto runs = static_cast<double>(problem.graph.runs_of(static_cast<int>(n)));
        std::vector<double> seconds;
        std::vector<double> joules;
        for (const MachineCosts& each : costs) {
            double time = 0;
            double energy = 0;
            for (const std::size_t task : problem.graph.nodes[n].tasks) {
                const std::optional<TaskResult>& result = each.tasks[task];
                time += result ? result->seconds : kCannot;
                energy += result ? result->energy_j : kCannot;
            }
            seconds.push_back(time / runs);
            joules.push_back(energy / runs);
        }
        problem.seconds.push_back(std::move(seconds));
        problem.joules.push_back(std::move(joules));
    }
    for (std::size_t m = 0; m < costs.size(); ++m)
        append_together(problem.graph, costs[m], static_cast<int>(m), problem.together);
    return problem;
}

}  // namespace satsim::placement
