// A step on several machines: its placement, what it takes, and what it can be compared with.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/dispatch/capacity.hpp"
#include "runtime/placement/place.hpp"

namespace satsim::placement {

// Everything on one machine, what it cannot run on the others.
struct SingleMachine {
    std::string name;
    Outcome outcome;
    std::vector<Footprint> memory;  // of each machine
    bool fits = true;
    bool alone = true;  // nothing had to go elsewhere
};

// The best placement found that leaves one machine out: what that machine is worth.
struct WithoutMachine {
    std::string name;    // of the machine that is left out
    int stands_for = 1;  // as many that are equal to it, itself included
    Outcome outcome;
};

struct PlacedStep {
    Problem problem;
    Placement placement;
    Outcome outcome;  // with its events
    Expansion expansion;
    LowerBound bound;
    std::vector<SingleMachine> singles;   // of each machine that runs every product
    std::vector<WithoutMachine> without;  // each machine that the others can do without, one of equal ones
    std::vector<Footprint> memory;        // of each machine
    Objective objective = Objective::Time;
};

// Places `step`. `fixed`: an assignment that is taken as it is; `starts`: some that the result will not be
// worse than. Throws InputError naming the machines and
// their memory when no placement that fits was found.
[[nodiscard]] PlacedStep place_step(const Network& network, const Recipe& recipe, const TrainingStep& step,
                                    Problem problem, Objective objective,
                                    const std::optional<Assignment>& fixed = std::nullopt,
                                    const std::vector<Start>& starts = {});

// Whether the step fits on the first `copies` machines of the problem as a pipeline.
[[nodiscard]] bool fits_pipeline(const Network& network, const Recipe& recipe, const TrainingStep& step,
                                 const Problem& problem, int copies);

}  // namespace satsim::placement
