// Shortest path over chains. In a chain nothing overlaps: a node starts when the tensor of the one before has
// arrived, so time and energy are sums over nodes and transfers, idle power included (every machine that the
// placement uses waits while another works).
#include <algorithm>
#include <tuple>

#include "runtime/placement/search.hpp"

namespace satsim::placement {
namespace {

constexpr std::size_t kMachines = 16;  // sets of used machines are masks
constexpr std::size_t kMostLabels = 4096;

struct Label {
    double seconds = 0;
    double joules = 0;      // without idle power
    double idle_saved = 0;  // J that machines would have taken idle while they worked
    unsigned used = 0;      // machines, a bit each
    int machine = 0;
    int before = -1;  // index in the labels of the node before
};

// The tensor from each node to the next; empty: the graph is no chain of single runs.
std::vector<const Tensor*> links_of(const Graph& graph) {
    std::vector<const Tensor*> links(graph.nodes.size(), nullptr);
    if (graph.micro_batches != 1) return {};
    for (const Loop& loop : graph.loops)
        if (loop.turns != 1) return {};
    for (const Tensor& tensor : graph.tensors) {
        const bool next =
            tensor.uses.size() == 1 && !tensor.next_step && tensor.uses.front().node == tensor.producer + 1;
        const auto reader = static_cast<std::size_t>(tensor.producer) + 1;
        if (!next || links[reader] != nullptr) return {};
        links[reader] = &tensor;
    }
    for (std::size_t n = 1; n < links.size(); ++n)
        if (links[n] == nullptr) return {};
    return links;
}

bool dominates(const Label& a, const Label& b) {
    return a.used == b.used && a.seconds <= b.seconds && a.joules - a.idle_saved <= b.joules - b.idle_saved;
}

// Those of one machine that no other one beats.
std::vector<Label> undominated(std::vector<Label> labels) {
    std::sort(labels.begin(), labels.end(), [](const Label& a, const Label& b) {
        return std::tie(a.used, a.seconds, a.joules) < std::tie(b.used, b.seconds, b.joules);
    });
    std::vector<Label> kept;
    for (const Label& label : labels) {
        const bool beaten = !kept.empty() && std::any_of(kept.begin(), kept.end(), [&](const Label& other) {
            return dominates(other, label);
        });
        if (!beaten) kept.push_back(label);
    }
    return kept;
}

double value_of(const Problem& problem, const Label& label, Objective objective) {
    double watts = 0;
    for (std::size_t m = 0; m < problem.machines.size(); ++m)
        if ((label.used >> m & 1U) != 0) watts += problem.machines[m].idle_watts;
    const double joules = label.joules + watts * label.seconds - label.idle_saved;
    if (objective == Objective::Time) return label.seconds;
    return objective == Objective::Energy ? joules : joules * label.seconds;
}

}  // namespace

std::optional<Assignment> search_chain(const Problem& problem, Objective objective) {
    const std::size_t nodes = problem.graph.nodes.size();
    const std::vector<const Tensor*> links = links_of(problem.graph);
    if (links.empty() || problem.excess || !problem.together.empty() || problem.machines.size() > kMachines)
        return std::nullopt;
    std::vector<std::vector<Label>> labels(nodes);
    for (std::size_t n = 0; n < nodes; ++n) {
        for (std::size_t m = 0; m < problem.machines.size(); ++m) {
            if (!problem.can_run(static_cast<int>(n), static_cast<int>(m))) continue;
            std::vector<Label> here;
            const auto extend = [&](Label label, int before) {
                label.seconds += problem.seconds[n][m];
                label.joules += problem.joules[n][m];
                label.idle_saved += problem.machines[m].idle_watts * problem.seconds[n][m];
                label.used |= 1U << m;
                label.machine = static_cast<int>(m);
                label.before = before;
                here.push_back(label);
            };
            if (n == 0) extend({}, -1);
            for (std::size_t b = 0; n > 0 && b < labels[n - 1].size(); ++b) {
                Label label = labels[n - 1][b];
                const Passage move = passage(problem, links[n]->bytes, label.machine, static_cast<int>(m));
                label.seconds += move.seconds;
                label.joules += move.joules;
                extend(label, static_cast<int>(b));
            }
            here = undominated(std::move(here));
            labels[n].insert(labels[n].end(), here.begin(), here.end());
        }
        if (labels[n].empty() || labels[n].size() > kMostLabels) return std::nullopt;
    }
    const auto best =
        std::min_element(labels.back().begin(), labels.back().end(), [&](const Label& a, const Label& b) {
            return value_of(problem, a, objective) < value_of(problem, b, objective);
        });
    Assignment assignment(nodes);
    int label = static_cast<int>(best - labels.back().begin());
    for (std::size_t n = nodes; n-- > 0;) {
        const Label& chosen = labels[n][static_cast<std::size_t>(label)];
        assignment[n] = chosen.machine;
        label = chosen.before;
    }
    return assignment;
}

}  // namespace satsim::placement
