// A step on several machines: its placement, what it takes, and what it can be compared with.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/dispatch/capacity.hpp"
#include "runtime/placement/memory.hpp"
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
    std::vector<Start> found;             // the best for each objective that was searched for
    std::vector<WithoutMachine> without;  // each machine that the others can do without, one of equal ones
    std::vector<Footprint> memory;        // of each machine
    Objective objective = Objective::Time;
};

// Places a step, in parts between which what was found for another step can be taken over.
class StepPlacer {
  public:
    // `fixed`: an assignment that is taken as it is; `starts`: some that the result will not be worse than.
    // The network, the recipe and the step must outlive it.
    StepPlacer(const Network& network, const Recipe& recipe, const TrainingStep& step, Problem problem,
               Objective objective, std::optional<Assignment> fixed = std::nullopt,
               std::vector<Start> starts = {});
    StepPlacer(const StepPlacer&) = delete;  // its parts refer to each other
    StepPlacer& operator=(const StepPlacer&) = delete;

    void search();
    [[nodiscard]] const Problem& problem() const { return placed_.problem; }
    // The best that was found so far; for the objectives of the search alone.
    [[nodiscard]] const Assignment& found(Objective objective) const {
        return of(found_, objective).assignment;
    }
    // What is searched for: all objectives where machines of several kinds say what they take.
    [[nodiscard]] const std::vector<Objective>& objectives() const { return objectives_; }
    // Takes `start` for every objective for which it is better than what was found. `improved`: and what
    // moves make of it for `objective`, where it is about as good for that.
    void consider(const Start& start, Objective objective, bool improved);
    // Finds out what each machine is worth.
    void leave_machines_out();
    // Ends the work. Throws InputError naming the recipe, the machines and their memory when no placement
    // that fits was found.
    [[nodiscard]] PlacedStep finish();

  private:
    Outcome offer(const Assignment& assignment, const std::string& method);
    void offer(const Placements& placements);
    [[nodiscard]] Placement& best(Objective objective) { return found_[static_cast<std::size_t>(objective)]; }

    [[noreturn]] void refuse() const;

    const Network& network_;
    const Recipe& recipe_;
    const TrainingStep& step_;
    std::optional<Assignment> fixed_;
    Length length_;
    PlacedStep placed_;
    MemoryPlan plan_;  // refers to the graph of `placed_`
    Scorer scorer_;
    PlaceSettings settings_;
    std::vector<Objective> objectives_;
    Placements found_;
};

// Whether the step fits on the first `copies` machines of the problem as a pipeline.
[[nodiscard]] bool fits_pipeline(const Network& network, const Recipe& recipe, const TrainingStep& step,
                                 const Problem& problem, int copies);

}  // namespace satsim::placement
