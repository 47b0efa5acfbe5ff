#include "runtime/placement/place.hpp"

#include <algorithm>

#include "runtime/support/error.hpp"

namespace satsim::placement {
namespace {

constexpr std::int64_t kExhaustive = 20'000;         // assignments
constexpr std::int64_t kExhaustiveRuns = 2'000'000;  // runs simulated in all
constexpr int kShakes = 12;

void require_runnable(const Problem& problem, const Network* network) {
    for (std::size_t n = 0; n < problem.graph.nodes.size(); ++n) {
        const std::vector<double>& seconds = problem.seconds[n];
        if (std::any_of(seconds.begin(), seconds.end(), [](double each) { return each < kCannot; })) continue;
        const auto layer = static_cast<std::size_t>(problem.graph.nodes[n].layer);
        throw InputError(
            network == nullptr ? "node " + std::to_string(n) : "layer " + network->layers[layer].name, "",
            "can run on none of the targets");
    }
}

class Placer {
  public:
    Placer(const Scorer& whole, const PlaceSettings& settings)
        : whole_(whole),
          problem_(whole.problem()),
          settings_(settings),
          short_(problem_, Length::Short, settings.objective) {}

    Placement run() {
        if (settings_.exact) {
            const auto runs = static_cast<std::int64_t>(whole_.expansion().runs().size());
            if (auto best = search_exhaustively(
                    whole_, std::min(kExhaustive, kExhaustiveRuns / std::max<std::int64_t>(runs, 1))))
                return judged(std::move(*best), "exhaustive search");
            if (auto best = search_chain(problem_, settings_.objective))
                return judged(std::move(*best), "shortest path");
        }
        collect();
        for (Placement& candidate : candidates_) candidate.score = short_.score(candidate.assignment);
        std::stable_sort(candidates_.begin(), candidates_.end(),
                         [](const Placement& a, const Placement& b) { return a.score < b.score; });
        improve_best();
        // What counts is the whole step.
        Placement best;
        for (const Placement& candidate : candidates_) {
            Placement whole = judged(candidate.assignment, candidate.method);
            if (best.assignment.empty() || whole.score < best.score) best = std::move(whole);
        }
        return best;
    }

  private:
    [[nodiscard]] Placement judged(Assignment assignment, std::string method) const {
        const Score score = whole_.score(assignment);
        return {std::move(assignment), std::move(method), score};
    }

    void add(Assignment assignment, const std::string& method) {
        const bool known = std::any_of(candidates_.begin(), candidates_.end(), [&](const Placement& other) {
            return other.assignment == assignment;
        });
        if (!known) candidates_.push_back({std::move(assignment), method, {}});
    }

    void collect() {
        for (const Start& start : settings_.starts) add(start.assignment, start.method);
        double seconds = kCannot;
        double joules = 0;
        for (std::size_t m = 0; m < problem_.machines.size(); ++m) {
            Assignment single = all_on(problem_, static_cast<int>(m), settings_.objective);
            const Outcome outcome = simulate(problem_, short_.expansion(), single);
            if (outcome.seconds < seconds) {
                seconds = outcome.seconds;
                joules = outcome.joules;
            }
            add(std::move(single), "all on " + problem_.machines[m].name);
        }
        if (settings_.objective == Objective::Time) {
            add(search_cut(problem_, 1, 0), "minimum cut");
        } else {
            // Idle power makes seconds cost joules: several prices of a second.
            const double price = joules / std::max(seconds, 1e-12);
            for (const double factor : {0.0, 0.1, 0.5, 1.0, 2.0, 8.0})
                add(search_cut(problem_, factor * price, 1), "minimum cut");
        }
        add(list_schedule(problem_, short_.expansion()), "list schedule");
    }

    [[nodiscard]] std::vector<std::vector<int>> groups() const {
        std::vector<std::vector<int>> all = settings_.groups;
        for (std::size_t n = 0; n < problem_.graph.nodes.size(); ++n) all.push_back({static_cast<int>(n)});
        return all;
    }

    void improve_best() {
        const std::vector<std::vector<int>> moves = groups();
        const std::size_t count = std::min(settings_.improved, candidates_.size());
        for (std::size_t i = 0; i < count; ++i) {
            std::int64_t budget = settings_.budget;
            Assignment better = improve(short_, moves, tried_, candidates_[i].assignment, budget, kShakes);
            if (better != candidates_[i].assignment)
                add(std::move(better), candidates_[i].method + ", improved");
        }
    }

    const Scorer& whole_;
    const Problem& problem_;
    const PlaceSettings& settings_;
    Scorer short_;
    Tried tried_;
    std::vector<Placement> candidates_;
};

}  // namespace

Placement place(const Scorer& whole, const Network* network, const PlaceSettings& settings) {
    require_runnable(whole.problem(), network);
    return Placer(whole, settings).run();
}

}  // namespace satsim::placement
