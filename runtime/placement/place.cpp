#include "runtime/placement/place.hpp"

#include <algorithm>

#include "runtime/support/error.hpp"

namespace satsim::placement {
namespace {

constexpr std::int64_t kExactRuns = 20'000'000;  // runs looked at
constexpr std::int64_t kOthersShare = 4;         // of the budget goes to each of the other objectives
constexpr int kShakes = 100;

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

std::vector<std::vector<int>> all_groups(const Problem& problem, const PlaceSettings& settings) {
    std::vector<std::vector<int>> all = settings.groups;
    for (std::size_t n = 0; n < problem.graph.nodes.size(); ++n) all.push_back({static_cast<int>(n)});
    return all;
}

class Placer {
  public:
    Placer(const Scorer& whole, const PlaceSettings& settings)
        : whole_(whole),
          problem_(whole.problem()),
          settings_(settings),
          short_(problem_, Length::Short, settings.objective) {}

    // All that was found, the best of them for the objective as well.
    std::vector<Placement> run() {
        if (settings_.exact) {
            if (auto best = search_chain(problem_, settings_.objective))
                return {{std::move(*best), "shortest path", {}}};
            if (auto best = search_exactly(whole_, kExactRuns))
                return {{std::move(*best), "exhaustive search", {}}};
        }
        collect();
        if (settings_.other_objectives) add_other_objectives();
        for (Placement& candidate : candidates_) candidate.score = short_.score(candidate.assignment);
        std::stable_sort(candidates_.begin(), candidates_.end(),
                         [](const Placement& a, const Placement& b) { return a.score < b.score; });
        improve_best();
        return std::move(candidates_);
    }

  private:
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
        const bool time = settings_.objective == Objective::Time;
        if (time || settings_.other_objectives) add(search_cut(problem_, 1, 0), "minimum cut");
        if (!time || settings_.other_objectives) {
            // Idle power makes seconds cost joules: several prices of a second.
            const double price = joules / std::max(seconds, 1e-12);
            for (const double factor : {0.0, 0.1, 0.5, 1.0, 2.0, 8.0})
                add(search_cut(problem_, factor * price, 1), "minimum cut");
        }
        add(list_schedule(problem_, short_.expansion()), "list schedule");
    }

    // The best so far for each of the other objectives, improved for that in short.
    void add_other_objectives() {
        for (const Objective objective : {Objective::Time, Objective::Energy, Objective::EnergyDelay}) {
            if (objective == settings_.objective) continue;
            const Scorer scorer(problem_, Length::Short, objective);
            const Placement* best = nullptr;
            Score least;
            for (const Placement& candidate : candidates_) {
                const Score score = scorer.score(candidate.assignment);
                if (best != nullptr && !(score < least)) continue;
                best = &candidate;
                least = score;
            }
            Tried tried;
            std::int64_t budget = settings_.budget / kOthersShare;
            add(improve(scorer, all_groups(problem_, settings_), tried, best->assignment, budget, 0, random_),
                std::string("best for ") + to_string(objective));
        }
    }

    void improve_best() {
        const std::vector<std::vector<int>> moves = all_groups(problem_, settings_);
        const std::size_t count = std::min(settings_.improved, candidates_.size());
        for (std::size_t i = 0; i < count; ++i) {
            std::int64_t budget = settings_.budget;
            Assignment better =
                improve(short_, moves, tried_, candidates_[i].assignment, budget, kShakes, random_);
            if (better != candidates_[i].assignment)
                add(std::move(better), candidates_[i].method + ", improved");
        }
    }

    const Scorer& whole_;
    const Problem& problem_;
    const PlaceSettings& settings_;
    Scorer short_;
    Tried tried_;
    // The same draws every time: a placement is a result, and results are reproducible.
    std::mt19937_64 random_{1};
    std::vector<Placement> candidates_;
};

// What counts is the whole step.
Placements best_of(const Scorer& whole, const std::vector<Placement>& found) {
    const Problem& problem = whole.problem();
    Placements best;
    for (const Placement& each : found) {
        const Bytes excess = excess_of(problem, each.assignment);
        const Outcome outcome = simulate(problem, whole.expansion(), each.assignment);
        for (const Objective objective : kObjectives) {
            Placement& least = best[static_cast<std::size_t>(objective)];
            const Score score{excess, outcome.value(objective)};
            if (least.assignment.empty() || score < least.score)
                least = {each.assignment, each.method, score};
        }
    }
    return best;
}

}  // namespace

Placements place_for_all(const Scorer& whole, const Network* network, const PlaceSettings& settings) {
    require_runnable(whole.problem(), network);
    std::vector<Placement> found;
    for (const Objective objective : kObjectives) {
        if (objective != settings.objective && !settings.every_objective) continue;
        PlaceSettings own = settings;
        own.objective = objective;
        const Scorer scorer(whole.problem(), whole.length(), objective);
        for (Placement& each : Placer(scorer, own).run()) {
            const bool known = std::any_of(found.begin(), found.end(), [&](const Placement& other) {
                return other.assignment == each.assignment;
            });
            if (!known) found.push_back(std::move(each));
        }
    }
    return best_of(whole, found);
}

Placement place(const Scorer& whole, const Network* network, const PlaceSettings& settings) {
    return of(place_for_all(whole, network, settings), settings.objective);
}

Assignment improve_start(const Scorer& scorer, const PlaceSettings& settings, Assignment start) {
    Tried tried;
    std::int64_t budget = settings.budget;
    std::mt19937_64 random(1);
    return improve(scorer, all_groups(scorer.problem(), settings), tried, std::move(start), budget, kShakes,
                   random);
}

}  // namespace satsim::placement
