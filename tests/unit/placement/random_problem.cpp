#include "random_problem.hpp"

namespace satsim::placement {

Problem random_problem(const ProblemShape& shape, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> unit(0, 1);
    Problem problem;
    problem.graph.loops = {{1}};
    problem.transfer_watts = 5 * unit(random);
    for (int m = 0; m < shape.machines; ++m) {
        Machine machine;
        machine.name = std::to_string(m);
        machine.idle_watts = 20 * unit(random);
        if (m > 0) {
            machine.link_bandwidth = 1e9 * (1 + unit(random));
            machine.link_latency = 0.01 * unit(random);
            machine.link_byte_joules = 1e-9 * unit(random);
        }
        problem.machines.push_back(std::move(machine));
    }
    for (int n = 0; n < shape.nodes; ++n) {
        Node node;
        node.tasks = {static_cast<std::size_t>(n)};
        problem.graph.nodes.push_back(std::move(node));
        std::vector<double> seconds;
        std::vector<double> joules;
        for (int m = 0; m < shape.machines; ++m) {
            const bool cannot = m > 0 && unit(random) < 0.1;
            seconds.push_back(cannot ? kCannot : 0.1 + unit(random));
            joules.push_back(cannot ? kCannot : 5 + 100 * unit(random));
        }
        problem.seconds.push_back(std::move(seconds));
        problem.joules.push_back(std::move(joules));
    }
    for (int n = 0; n + 1 < shape.nodes; ++n) {
        Tensor tensor;
        tensor.name = std::to_string(n);
        tensor.producer = n;
        tensor.bytes = static_cast<Bytes>(4e8 * unit(random));
        for (int reader = n + 1; reader < shape.nodes; ++reader) {
            const bool neighbour = reader == n + 1;
            if (shape.chain ? neighbour : unit(random) < shape.density)
                tensor.uses.push_back({reader, Turns::Same});
        }
        if (!tensor.uses.empty()) problem.graph.tensors.push_back(std::move(tensor));
    }
    const int last = shape.machines - 1;
    for (int k = 0; k < shape.together; ++k) {
        Together together;
        together.machine = last;
        const bool known = unit(random) < 0.7;
        const int size = 2 + static_cast<int>(2 * unit(random));
        for (int n = k * 3; n < k * 3 + size; ++n) {
            if (n >= shape.nodes || !problem.can_run(n, last)) continue;
            together.nodes.push_back(n);
            // A little less at times: a node that bears what the others do not.
            together.more_seconds.push_back(known ? unit(random) - 0.1 : kCannot);
            together.more_joules.push_back(known ? 50 * unit(random) - 5 : kCannot);
        }
        if (together.nodes.size() > 1) problem.together.push_back(std::move(together));
    }
    return problem;
}

}  // namespace satsim::placement
