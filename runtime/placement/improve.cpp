#include <algorithm>
#include <random>

#include "runtime/placement/search.hpp"

namespace satsim::placement {
namespace {

constexpr double kPairsShare = 0.02;  // of the budget

// A descent and what it may still spend.
class Descent {
  public:
    Descent(const Scorer& scorer, const std::vector<std::vector<int>>& groups, Tried& tried,
            std::int64_t& budget)
        : scorer_(scorer),
          problem_(scorer.problem()),
          groups_(groups),
          tried_(tried),
          cost_(static_cast<std::int64_t>(scorer.expansion().runs().size())),
          budget_(budget) {
        const auto nodes = static_cast<std::int64_t>(problem_.graph.nodes.size());
        pairs_ = static_cast<double>(nodes * nodes * machines() * machines() * cost_) <
                 kPairsShare * static_cast<double>(budget);
    }

    // The best that single moves lead to.
    void run(Assignment& best, Score& score, bool pairs) {
        bool moved = true;
        while (moved && budget_ > 0) {
            moved = false;
            for (const std::vector<int>& group : groups_)
                for (int m = 0; m < machines(); ++m)
                    moved = attempt(moved_to(best, group, m), best, score) || moved;
            // A machine that nothing needs any more waits no longer.
            for (int from = 0; from < machines(); ++from)
                for (int to = 0; to < machines(); ++to)
                    moved = attempt(emptied(best, from, to), best, score) || moved;
            if (!moved && pairs && pairs_) moved = move_pairs(best, score);
        }
    }

    // `count` groups to machines drawn by chance.
    Assignment shaken(Assignment assignment, int count, std::mt19937_64& random) const {
        for (int i = 0; i < count; ++i)
            assignment = moved_to(assignment, groups_[random() % groups_.size()],
                                  static_cast<int>(random() % problem_.machines.size()));
        return assignment;
    }

  private:
    // Two nodes at a time, each to any machine: exchanges are among them.
    bool move_pairs(Assignment& best, Score& score) {
        bool moved = false;
        const auto nodes = static_cast<int>(problem_.graph.nodes.size());
        for (int a = 0; a < nodes; ++a)
            for (int b = a + 1; b < nodes; ++b)
                for (int m = 0; m < machines(); ++m)
                    for (int k = 0; k < machines(); ++k)
                        moved = attempt(moved_to(moved_to(best, {a}, m), {b}, k), best, score) || moved;
        return moved;
    }

    [[nodiscard]] int machines() const { return static_cast<int>(problem_.machines.size()); }

    [[nodiscard]] Assignment moved_to(const Assignment& from, const std::vector<int>& group,
                                      int machine) const {
        Assignment attempt = from;
        for (const int node : group)
            if (problem_.can_run(node, machine)) attempt[static_cast<std::size_t>(node)] = machine;
        return attempt;
    }

    [[nodiscard]] Assignment emptied(const Assignment& from, int machine, int to) const {
        Assignment attempt = from;
        for (std::size_t n = 0; n < attempt.size(); ++n)
            if (attempt[n] == machine && problem_.can_run(static_cast<int>(n), to)) attempt[n] = to;
        return attempt;
    }

    bool attempt(Assignment candidate, Assignment& best, Score& score) {
        if (candidate == best || (budget_ -= cost_) < 0) return false;
        Score& known = tried_.at_least(candidate);
        if (!(known < score)) return false;
        const Score attempted = scorer_.score_if_better(candidate, score);
        known = attempted < score ? attempted : score;
        if (!(attempted < score)) return false;
        score = attempted;
        best = std::move(candidate);
        return true;
    }

    const Scorer& scorer_;
    const Problem& problem_;
    const std::vector<std::vector<int>>& groups_;
    Tried& tried_;
    std::int64_t cost_;
    std::int64_t& budget_;
    bool pairs_;  // moved where all of them cost little
};

}  // namespace

Score& Tried::at_least(const Assignment& assignment) {
    // FNV-1a, a machine at a time.
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const int machine : assignment) hash = (hash ^ static_cast<std::uint64_t>(machine)) * 0x100000001b3;
    return scores_.emplace(hash, Score{0, -kCannot}).first->second;
}

Assignment improve(const Scorer& scorer, const std::vector<std::vector<int>>& groups, Tried& tried,
                   Assignment start, std::int64_t& budget, int shakes, std::mt19937_64& random) {
    Descent descent(scorer, groups, tried, budget);
    Score score = scorer.score(start);
    Assignment best = std::move(start);
    descent.run(best, score, true);
    for (int i = 0; i < shakes && budget > 0; ++i) {
        Assignment other = descent.shaken(best, 2 + i % 6, random);
        Score shaken = scorer.score(other);
        descent.run(other, shaken, false);
        if (shaken < score) {
            descent.run(other, shaken, true);
            score = shaken;
            best = std::move(other);
        }
    }
    return best;
}

}  // namespace satsim::placement
