// Finds a placement for a step.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "runtime/placement/lower_bound.hpp"
#include "runtime/placement/search.hpp"

namespace satsim::placement {

struct Placement {
    Assignment assignment;
    std::string method;  // what found it: "exhaustive", "shortest path", "minimum cut", "list schedule" ...
    Score score;
};

// The best placements found, by objective.
using Placements = std::array<Placement, kObjectives.size()>;
[[nodiscard]] inline const Placement& of(const Placements& all, Objective objective) {
    return all[static_cast<std::size_t>(objective)];
}

// A placement to begin with, and what found it.
struct Start {
    Assignment assignment;
    std::string method;
};

struct PlaceSettings {
    Objective objective = Objective::Time;
    std::vector<std::vector<int>> groups{};  // nodes that are also moved together; single nodes always are
    std::vector<Start> starts{};             // beside those that are found
    bool exact = true;                       // false: heuristics even where an exact method could be afforded
    bool other_objectives = true;            // what is found for them in short is a start too
    bool every_objective = false;            // place_for_all(): each is searched for, whichever is asked for
    std::size_t improved = 4;                // candidates that are improved
    std::int64_t budget = 1'000'000;         // runs of nodes in all moves tried while improving one of them
};

// The best placement found; never worse than everything on one machine, where that fits. `whole`: a scorer of
// the whole length. Throws InputError naming the layer where no machine can run a node.
[[nodiscard]] Placement place(const Scorer& whole, const Network* network, const PlaceSettings& settings);

// The best for every objective of all that was found. With `every_objective` the searches for all three are
// made, each as place() makes it, so that what is found for one is never better for another than what is
// found for that. Without, settings.objective alone is searched for.
[[nodiscard]] Placements place_for_all(const Scorer& whole, const Network* network,
                                       const PlaceSettings& settings);

// What moves make of `start`, as while placing.
[[nodiscard]] Assignment improve_start(const Scorer& scorer, const PlaceSettings& settings, Assignment start);

}  // namespace satsim::placement
