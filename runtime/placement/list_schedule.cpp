#include <algorithm>
#include <numeric>

#include "runtime/placement/search.hpp"

namespace satsim::placement {
namespace {

std::size_t at(int index) {
    return static_cast<std::size_t>(index);
}

class ListScheduler {
  public:
    ListScheduler(const Problem& problem, const Expansion& expansion)
        : problem_(problem), expansion_(expansion), assignment_(problem.graph.nodes.size(), -1) {}

    Assignment run() {
        rank();
        std::vector<int> order(expansion_.runs().size());
        std::iota(order.begin(), order.end(), 0);
        // Ranks fall along every edge, so that what is read is placed first.
        std::stable_sort(order.begin(), order.end(),
                         [&](int a, int b) { return ranks_[at(a)] > ranks_[at(b)]; });
        free_.assign(problem_.machines.size(), 0);
        ready_.assign(order.size(), std::vector<double>(problem_.machines.size(), 0));
        for (const int run : order) place(run);
        return assignment_;
    }

  private:
    [[nodiscard]] double mean_seconds(int node) const {
        double sum = 0;
        int machines = 0;
        for (const double each : problem_.seconds[at(node)]) {
            if (each >= kCannot) continue;
            sum += each;
            ++machines;
        }
        return sum / std::max(machines, 1);
    }

    [[nodiscard]] double mean_move(int tensor) const {
        if (tensor < 0) return 0;
        double sum = 0;
        const auto machines = static_cast<int>(problem_.machines.size());
        for (int a = 0; a < machines; ++a)
            for (int b = 0; b < machines; ++b)
                sum += passage(problem_, problem_.graph.tensors[at(tensor)].bytes, a, b).seconds;
        return sum / (machines * machines);
    }

    void rank() {
        std::vector<double> moves;
        for (std::size_t t = 0; t < problem_.graph.tensors.size(); ++t)
            moves.push_back(mean_move(static_cast<int>(t)));
        ranks_.assign(expansion_.runs().size(), 0);
        for (std::size_t r = ranks_.size(); r-- > 0;) {
            double after = 0;
            for (const Edge& edge : expansion_.edges_of(static_cast<int>(r))) {
                const double move =
                    edge.tensor < 0 ? 0 : moves[at(edge.tensor)] * static_cast<double>(edge.weight);
                after = std::max(after, move + (edge.reader >= 0 ? ranks_[at(edge.reader)] : 0));
            }
            const Run& run = expansion_.runs()[r];
            ranks_[r] = mean_seconds(run.node) * static_cast<double>(run.weight) + after;
        }
    }

    void place(int run) {
        const Run& what = expansion_.runs()[at(run)];
        const auto weight = static_cast<double>(what.weight);
        int& machine = assignment_[at(what.node)];
        if (machine < 0) {
            double earliest = kCannot;
            for (std::size_t m = 0; m < free_.size(); ++m) {
                if (!problem_.can_run(what.node, static_cast<int>(m))) continue;
                const double end =
                    std::max(free_[m], ready_[at(run)][m]) + problem_.seconds[at(what.node)][m] * weight;
                if (end < earliest) {
                    earliest = end;
                    machine = static_cast<int>(m);
                }
            }
        }
        const double start = std::max(free_[at(machine)], ready_[at(run)][at(machine)]);
        const double end = start + problem_.seconds[at(what.node)][at(machine)] * weight;
        free_[at(machine)] = end;
        for (const Edge& edge : expansion_.edges_of(run)) {
            if (edge.reader < 0) continue;
            const Bytes bytes = edge.tensor < 0 ? 0 : problem_.graph.tensors[at(edge.tensor)].bytes;
            for (std::size_t m = 0; m < free_.size(); ++m) {
                const double move = edge.tensor < 0
                                        ? 0
                                        : passage(problem_, bytes, machine, static_cast<int>(m)).seconds *
                                              static_cast<double>(edge.weight);
                double& ready = ready_[at(edge.reader)][m];
                ready = std::max(ready, end + move);
            }
        }
    }

    const Problem& problem_;
    const Expansion& expansion_;
    Assignment assignment_;
    std::vector<double> ranks_;
    std::vector<double> free_;
    std::vector<std::vector<double>> ready_;  // [run][machine]
};

}  // namespace

Assignment list_schedule(const Problem& problem, const Expansion& expansion) {
    return ListScheduler(problem, expansion).run();
}

}  // namespace satsim::placement
