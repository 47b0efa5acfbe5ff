#include "runtime/placement/placed_step.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/placement/groups.hpp"
#include "runtime/placement/memory.hpp"
#include "runtime/support/error.hpp"

namespace satsim::placement {
namespace {

// Beyond this many runs of nodes long loops are shortened in the simulation too.
constexpr std::int64_t kWholeRuns = 400'000;

double gib(Bytes bytes) {
    return static_cast<double>(bytes) / static_cast<double>(Bytes{1} << 30);
}

bool fits(const Problem& problem, const std::vector<Footprint>& memory) {
    for (std::size_t m = 0; m < memory.size(); ++m) {
        const Bytes capacity = problem.machines[m].capacity;
        if (capacity > 0 && memory[m].total() > capacity) return false;
    }
    return true;
}

// A machine that has a unit for every product is worth looking at by itself; a table of rates for vector work
// is not.
bool runs_products(const Problem& problem, const TrainingStep& step, int machine) {
    for (std::size_t n = 0; n < problem.graph.nodes.size(); ++n) {
        const std::vector<std::size_t>& tasks = problem.graph.nodes[n].tasks;
        const bool product = std::any_of(tasks.begin(), tasks.end(), [&](std::size_t task) {
            return std::holds_alternative<GemmTask>(step.tasks[task]);
        });
        if (product && !problem.can_run(static_cast<int>(n), machine)) return false;
    }
    return true;
}

std::string memory_text(const Problem& problem, const std::vector<Footprint>& memory) {
    std::string text;
    for (std::size_t m = 0; m < memory.size(); ++m) {
        const Bytes capacity = problem.machines[m].capacity;
        if (capacity == 0) continue;
        text += fmt::format("{}{} {:.1f} of {:.1f} GiB", text.empty() ? "" : ", ", problem.machines[m].name,
                            gib(memory[m].total()), gib(capacity));
    }
    return text;
}

}  // namespace

PlacedStep place_step(const Network& network, const Recipe& recipe, const TrainingStep& step, Problem problem,
                      Objective objective, const std::optional<Assignment>& fixed) {
    const Length length = Expansion::size_of(problem.graph) > kWholeRuns ? Length::Short : Length::Whole;
    Expansion expansion(problem.graph, length);
    PlacedStep placed{std::move(problem), {}, {}, std::move(expansion), {}, {}, {}, objective};
    // The plan refers to the graph, which stays where it is from here on.
    const MemoryPlan plan(network, recipe, step, placed.problem.graph, placed.problem.machines);
    placed.problem.excess = [&plan](const Assignment& assignment) { return plan.excess(assignment); };
    const Scorer scorer(placed.problem, length, objective);
    if (fixed) {
        placed.placement = {*fixed, "given", scorer.score(*fixed)};
    } else {
        placed.placement = place(
            scorer, &network, {.objective = objective, .groups = make_groups(network, placed.problem.graph)});
    }
    placed.problem.excess = nullptr;  // it ends with this function
    placed.memory = plan.footprints(placed.placement.assignment);
    if (placed.placement.score.excess > 0)
        throw InputError(
            network.name, "",
            fmt::format("fits in no placement on these machines: the nearest needs {}; expected a smaller "
                        "--batch, a recipe joined by +recompute, or more machines",
                        memory_text(placed.problem, placed.memory)));
    placed.outcome = simulate(placed.problem, placed.expansion, placed.placement.assignment, true);
    placed.bound = lower_bound(placed.problem, placed.expansion);
    for (std::size_t m = 0; m < placed.problem.machines.size(); ++m) {
        const int machine = static_cast<int>(m);
        if (!runs_products(placed.problem, step, machine)) continue;
        const Assignment all = all_on(placed.problem, machine, objective);
        SingleMachine single;
        single.name = placed.problem.machines[m].name;
        single.outcome = simulate(placed.problem, placed.expansion, all);
        single.memory = plan.footprints(all);
        single.fits = fits(placed.problem, single.memory);
        single.alone = std::all_of(all.begin(), all.end(), [machine](int each) { return each == machine; });
        placed.singles.push_back(std::move(single));
    }
    return placed;
}

}  // namespace satsim::placement
