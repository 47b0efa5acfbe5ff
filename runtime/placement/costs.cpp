#include "runtime/placement/costs.hpp"

namespace satsim::placement {

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
    return problem;
}

}  // namespace satsim::placement
