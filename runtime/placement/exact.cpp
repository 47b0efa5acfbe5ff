// Branch and bound: nodes get their machines in program order, and what cannot become better than the best
// found is cut off.
#include <algorithm>

#include "runtime/placement/search.hpp"

namespace satsim::placement {
namespace {

constexpr std::int64_t kMostAssignments = std::int64_t{1} << 20;  // 10 nodes on 4 machines
// A bound is a sum in another order than that of events.
constexpr double kRounding = 1 - 1e-9;

std::size_t at(int index) {
    return static_cast<std::size_t>(index);
}

class BranchAndBound {
  public:
    BranchAndBound(const Scorer& scorer, std::int64_t runs)
        : scorer_(scorer),
          problem_(scorer.problem()),
          expansion_(scorer.expansion()),
          least_costs_(least_costs(problem_)),
          budget_(runs),
          current_(problem_.graph.nodes.size(), -1),
          ends_(expansion_.runs().size()) {}

    std::optional<Assignment> run() {
        std::int64_t number = 1;
        for (std::size_t n = 0; n < current_.size(); ++n) {
            std::vector<int> choices;
            for (std::size_t m = 0; m < problem_.machines.size(); ++m)
                if (problem_.can_run(static_cast<int>(n), static_cast<int>(m)))
                    choices.push_back(static_cast<int>(m));
            number *= static_cast<std::int64_t>(choices.size());
            if (number > kMostAssignments || number == 0) return std::nullopt;
            if (choices.size() == 1)
                current_[n] = choices.front();
            else
                open_.push_back({n, std::move(choices)});
        }
        const auto runs = static_cast<std::int64_t>(expansion_.runs().size());
        if (number * runs > budget_ && runs > kManyRuns) return std::nullopt;
        branch(0);
        if (budget_ < 0) return std::nullopt;
        return best_;
    }

  private:
    static constexpr std::int64_t kManyRuns = 64;  // a bound costs a look at each

    struct Open {
        std::size_t node;
        std::vector<int> choices;
    };
    struct Child {
        double bound;
        int machine;
        auto operator<=>(const Child&) const = default;
    };

    void branch(std::size_t depth) {
        if (budget_ < 0) return;
        if (depth == open_.size()) {
            const Score score =
                best_.empty() ? scorer_.score(current_) : scorer_.score_if_better(current_, least_);
            if (!best_.empty() && !(score < least_)) return;
            least_ = score;
            best_ = current_;
            return;
        }
        const Open& open = open_[depth];
        std::vector<Child> children;
        for (const int machine : open.choices) {
            current_[open.node] = machine;
            children.push_back({bound(), machine});
        }
        std::sort(children.begin(), children.end());
        for (const Child& child : children) {
            // Nothing has less than no excess.
            if (!best_.empty() && least_.excess == 0 && child.bound * kRounding >= least_.value) break;
            current_[open.node] = child.machine;
            branch(depth + 1);
        }
        current_[open.node] = -1;
    }

    [[nodiscard]] double least_seconds(int node) const {
        const std::vector<double>& seconds = least_costs_.seconds[at(node)];
        const int machine = current_[at(node)];
        return machine >= 0 ? seconds[at(machine)] : *std::min_element(seconds.begin(), seconds.end());
    }

    // No way to place the open nodes is better.
    double bound() {
        budget_ -= static_cast<std::int64_t>(ends_.size());
        walk();
        const double seconds = std::max(path_, load());
        if (scorer_.objective() == Objective::Time) return seconds;
        const double joules = joules_ + least_joules(seconds);
        return scorer_.objective() == Objective::Energy ? joules : joules * seconds;
    }

    // The longest way, and the joules of what has to move.
    void walk() {
        std::fill(ends_.begin(), ends_.end(), 0);
        machines_.assign(problem_.machines.size(), {});
        path_ = joules_ = 0;
        for (std::size_t r = 0; r < ends_.size(); ++r) {
            const Run& run = expansion_.runs()[r];
            const int from = current_[at(run.node)];
            const double took = least_seconds(run.node) * static_cast<double>(run.weight);
            const double after = scorer_.least_after()[r];
            if (from >= 0) {
                OnMachine& machine = machines_[at(from)];
                machine.first = std::min(machine.first, ends_[r]);
                machine.after = std::min(machine.after, after);
                machine.seconds += took;
                machine.used = true;
            }
            ends_[r] += took;
            path_ = std::max(path_, ends_[r] + after);
            hand_on(static_cast<int>(r), from);
        }
    }

    void hand_on(int run, int from) {
        const std::span<const Edge> edges = expansion_.edges_of(run);
        for (std::size_t e = 0; e < edges.size(); ++e) {
            const Edge& edge = edges[e];
            double arrives = ends_[at(run)];
            const int to = current_[at(edge.node)];
            if (edge.tensor >= 0 && from >= 0 && to >= 0 && !share_memory(problem_, from, to)) {
                const Passage once =
                    passage(problem_, problem_.graph.tensors[at(edge.tensor)].bytes, from, to);
                const auto weight = static_cast<double>(edge.weight);
                arrives += once.seconds * weight;
                const bool there = std::any_of(edges.begin(), edges.begin() + static_cast<std::ptrdiff_t>(e),
                                               [&](const Edge& other) { return same_move(other, edge, to); });
                if (!there) joules_ += once.joules * weight;
            }
            path_ = std::max(path_, arrives);
            if (edge.reader >= 0) ends_[at(edge.reader)] = std::max(ends_[at(edge.reader)], arrives);
        }
    }

    [[nodiscard]] bool same_move(const Edge& other, const Edge& edge, int to) const {
        const int reader = current_[at(other.node)];
        return other.tensor == edge.tensor && reader >= 0 && share_memory(problem_, reader, to);
    }

    // A machine's work, behind what comes before the first of it and before what comes after the last.
    [[nodiscard]] double load() const {
        double most = 0;
        for (const OnMachine& machine : machines_)
            if (machine.used) most = std::max(most, machine.first + machine.seconds + machine.after);
        return most;
    }

    // Of nodes and of waiting, in a step of at least `seconds`. A machine that is used takes its idle power
    // all the time, and a node there what it takes beyond that.
    [[nodiscard]] double least_joules(double seconds) const {
        double sum = 0;
        for (std::size_t m = 0; m < machines_.size(); ++m)
            if (machines_[m].used) sum += problem_.machines[m].idle_watts * seconds;
        for (std::size_t n = 0; n < current_.size(); ++n) {
            const auto beyond = [&](std::size_t m) {
                return machines_[m].used ? least_costs_.joules_beyond_idle[n][m] : least_costs_.joules[n][m];
            };
            double least = kCannot;
            for (std::size_t m = 0; m < machines_.size(); ++m) {
                const bool here = current_[n] < 0 || at(current_[n]) == m;
                if (here && problem_.can_run(static_cast<int>(n), static_cast<int>(m)))
                    least = std::min(least, beyond(m));
            }
            sum += least * static_cast<double>(expansion_.weight_of(static_cast<int>(n)));
        }
        return sum;
    }

    struct OnMachine {
        bool used = false;
        double first = kCannot;  // s: the earliest that any of its nodes begins
        double after = kCannot;  // s: the least that follows any of them
        double seconds = 0;
    };

    const Scorer& scorer_;
    const Problem& problem_;
    const Expansion& expansion_;
    LeastCosts least_costs_;
    std::int64_t budget_;
    std::vector<Open> open_;  // nodes that can be on several machines
    Assignment current_;
    std::vector<double> ends_;
    std::vector<OnMachine> machines_;
    double path_ = 0;
    double joules_ = 0;
    Assignment best_;
    Score least_;
};

}  // namespace

std::optional<Assignment> search_exactly(const Scorer& scorer, std::int64_t runs) {
    return BranchAndBound(scorer, runs).run();
}

}  // namespace satsim::placement
