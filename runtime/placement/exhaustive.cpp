#include "runtime/placement/search.hpp"

namespace satsim::placement {

std::optional<Assignment> search_exhaustively(const Scorer& scorer, std::int64_t limit) {
    const Problem& problem = scorer.problem();
    std::vector<std::vector<int>> choices;
    std::int64_t number = 1;
    for (std::size_t n = 0; n < problem.graph.nodes.size(); ++n) {
        std::vector<int> machines;
        for (std::size_t m = 0; m < problem.machines.size(); ++m)
            if (problem.can_run(static_cast<int>(n), static_cast<int>(m)))
                machines.push_back(static_cast<int>(m));
        number *= static_cast<std::int64_t>(machines.size());
        if (number > limit || number == 0) return std::nullopt;
        choices.push_back(std::move(machines));
    }
    std::vector<std::size_t> digits(choices.size(), 0);
    Assignment current(choices.size());
    Assignment best;
    Score least{0, kCannot};
    for (std::int64_t i = 0; i < number; ++i) {
        for (std::size_t n = 0; n < choices.size(); ++n) current[n] = choices[n][digits[n]];
        const Score score = scorer.score(current);
        if (best.empty() || score < least) {
            least = score;
            best = current;
        }
        for (std::size_t n = 0; n < digits.size() && ++digits[n] == choices[n].size(); ++n) digits[n] = 0;
    }
    return best;
}

}  // namespace satsim::placement
