#include "runtime/placement/pipeline.hpp"

#include <algorithm>
#include <map>

namespace satsim::placement {
namespace {

class PipelineCut {
  public:
    PipelineCut(const Problem& problem, const MemoryPlan& plan, const std::vector<int>& machines)
        : problem_(problem), plan_(plan), machines_(machines) {
        std::map<int, std::vector<int>> by_layer;
        for (std::size_t n = 0; n < problem.graph.nodes.size(); ++n)
            by_layer[problem.graph.nodes[n].layer].push_back(static_cast<int>(n));
        for (auto& [layer, nodes] : by_layer) layers_.push_back(std::move(nodes));
        before_.assign(1, 0);
        for (const std::vector<int>& nodes : layers_) {
            double seconds = 0;
            for (const int node : nodes)
                if (problem.can_run(node, machines.front()))
                    seconds += problem.seconds[static_cast<std::size_t>(node)]
                                              [static_cast<std::size_t>(machines.front())] *
                               static_cast<double>(problem.graph.runs_of(node));
            before_.push_back(before_.back() + seconds);
        }
    }

    std::optional<Assignment> run() {
        double low = 0;
        double high = before_.back();
        std::optional<std::vector<std::size_t>> best = cuts_within(high);
        if (!best) return std::nullopt;
        constexpr int kHalvings = 24;
        for (int i = 0; i < kHalvings; ++i) {
            const double middle = (low + high) / 2;
            if (auto cuts = cuts_within(middle)) {
                best = std::move(cuts);
                high = middle;
            } else {
                low = middle;
            }
        }
        return assigned(*best, layers_.size());
    }

  private:
    // Where each piece ends, when none may take more than `seconds`: each as long as it can be.
    [[nodiscard]] std::optional<std::vector<std::size_t>> cuts_within(double seconds) const {
        std::vector<std::size_t> cuts;
        std::size_t begin = 0;
        for (std::size_t piece = 0; piece < machines_.size(); ++piece) {
            std::size_t low = begin;
            std::size_t high = layers_.size();
            while (low < high) {  // the last end that fits
                const std::size_t middle = (low + high + 1) / 2;
                std::vector<std::size_t> attempt = cuts;
                attempt.push_back(middle);
                if (before_[middle] - before_[begin] <= seconds && fits(attempt))
                    low = middle;
                else
                    high = middle - 1;
            }
            cuts.push_back(low);
            begin = low;
        }
        if (begin < layers_.size()) return std::nullopt;
        return cuts;
    }

    [[nodiscard]] Assignment assigned(const std::vector<std::size_t>& cuts, std::size_t layers) const {
        Assignment assignment(problem_.graph.nodes.size(), -1);
        std::size_t piece = 0;
        for (std::size_t l = 0; l < layers; ++l) {
            while (piece + 1 < cuts.size() && l >= cuts[piece]) ++piece;
            for (const int node : layers_[l]) {
                const int machine = machines_[piece];
                assignment[static_cast<std::size_t>(node)] =
                    problem_.can_run(node, machine) ? machine : problem_.helper;
            }
        }
        return assignment;
    }

    // Whether the last piece of `cuts` fits its machine.
    [[nodiscard]] bool fits(const std::vector<std::size_t>& cuts) const {
        const auto machine = static_cast<std::size_t>(machines_[cuts.size() - 1]);
        const Bytes capacity = problem_.machines[machine].capacity;
        // As many micro-batches are under way as there are machines.
        const auto under_way = static_cast<std::int64_t>(machines_.size()) + (problem_.helper >= 0 ? 1 : 0);
        return capacity == 0 ||
               plan_.footprints(assigned(cuts, cuts.back()), under_way)[machine].total() <= capacity;
    }

    const Problem& problem_;
    const MemoryPlan& plan_;
    const std::vector<int>& machines_;
    std::vector<std::vector<int>> layers_;  // nodes of each layer that has some, in the order of the network
    std::vector<double> before_;            // seconds of the layers before
};

}  // namespace

std::optional<Assignment> cut_into_pipeline(const Problem& problem, const MemoryPlan& plan,
                                            const std::vector<int>& machines) {
    // The helper must be there for what the machines have no unit for.
    for (std::size_t n = 0; n < problem.graph.nodes.size(); ++n) {
        const int node = static_cast<int>(n);
        if (!problem.can_run(node, machines.front()) &&
            (problem.helper < 0 || !problem.can_run(node, problem.helper)))
            return std::nullopt;
    }
    return PipelineCut(problem, plan, machines).run();
}

}  // namespace satsim::placement
