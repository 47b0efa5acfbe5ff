#include "runtime/placement/placed_step.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <span>

#include "runtime/placement/groups.hpp"
#include "runtime/placement/memory.hpp"
#include "runtime/placement/pipeline.hpp"
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

bool equal(const Problem& problem, std::size_t a, std::size_t b) {
    const auto same = [a, b](const std::vector<double>& node) { return node[a] == node[b]; };
    Machine other = problem.machines[b];
    other.name = problem.machines[a].name;
    return problem.machines[a] == other && std::ranges::all_of(problem.seconds, same) &&
           std::ranges::all_of(problem.joules, same);
}

// Machines that are alike in everything but their names: copies of one.
std::vector<std::vector<int>> equal_machines(const Problem& problem) {
    std::vector<std::vector<int>> sets;
    for (std::size_t m = 0; m < problem.machines.size(); ++m) {
        const auto same = std::find_if(sets.begin(), sets.end(), [&](const std::vector<int>& set) {
            return equal(problem, m, static_cast<std::size_t>(set.front()));
        });
        if (same != sets.end())
            same->push_back(static_cast<int>(m));
        else
            sets.push_back({static_cast<int>(m)});
    }
    std::erase_if(sets, [](const std::vector<int>& set) { return set.size() < 2; });
    return sets;
}

// Pipelines over all of equal machines and over 2, 4, 8 ... of them: more machines than a step can keep busy
// only add transfers.
void add_pipelines(const Problem& problem, const MemoryPlan& plan, std::vector<Start>& starts) {
    for (const std::vector<int>& machines : equal_machines(problem)) {
        for (std::size_t used = machines.size(); used > 1; used = std::bit_floor(used - 1)) {
            const std::vector<int> some(machines.begin(),
                                        machines.begin() + static_cast<std::ptrdiff_t>(used));
            if (auto cut = cut_into_pipeline(problem, plan, some))
                starts.push_back({std::move(*cut), "pipeline"});
        }
    }
}

// The problem without some of its machines; nothing when the others cannot do everything.
std::optional<Problem> without_machines(const Problem& problem, std::span<const int> left_out) {
    Problem fewer = problem;
    for (std::size_t n = 0; n < fewer.seconds.size(); ++n) {
        for (const int m : left_out) {
            const auto machine = static_cast<std::size_t>(m);
            fewer.seconds[n][machine] = fewer.joules[n][machine] = kCannot;
        }
        if (std::ranges::none_of(fewer.seconds[n], [](double seconds) { return seconds < kCannot; }))
            return std::nullopt;
    }
    return fewer;
}

std::vector<Start> possible_starts(const Problem& problem, const std::vector<Start>& starts) {
    std::vector<Start> possible;
    for (const Start& start : starts) {
        bool runs = true;
        for (std::size_t n = 0; n < start.assignment.size(); ++n)
            runs = runs && problem.can_run(static_cast<int>(n), start.assignment[n]);
        if (runs) possible.push_back(start);
    }
    return possible;
}

// Of equal machines, what is found for 2, 4, 8 ... of them is a start for all: so more of them are not worse.
void add_fewer_machines(const Network& network, Length length, const Problem& problem,
                        PlaceSettings& settings) {
    for (const std::vector<int>& machines : equal_machines(problem)) {
        for (std::size_t used = 2; used < machines.size(); used *= 2) {
            const std::optional<Problem> fewer = without_machines(problem, std::span(machines).subspan(used));
            if (!fewer) break;
            PlaceSettings some = settings;
            some.starts = possible_starts(*fewer, settings.starts);
            Placement found = place(Scorer(*fewer, length, settings.objective), &network, some);
            if (found.score.excess > 0) continue;
            settings.starts.push_back({std::move(found.assignment), "fewer machines"});
            ++settings.improved;  // beside the others, not instead of one
        }
    }
}

// `assignment` with what is on `machine` moved to each of the others, as far as they can run it.
std::vector<Start> handed_on(const Problem& problem, const Assignment& assignment, std::size_t machine,
                             Objective objective) {
    std::vector<Start> all;
    for (std::size_t to = 0; to < problem.machines.size(); ++to) {
        if (to == machine) continue;
        Assignment moved = all_on(problem, static_cast<int>(to), objective);
        for (std::size_t n = 0; n < assignment.size(); ++n)
            if (assignment[n] != static_cast<int>(machine)) moved[n] = assignment[n];
        all.push_back({std::move(moved), "a machine left out"});
    }
    return all;
}

// Places the step on all machines but one, for each that the others can do without; one of several copies
// stands for them all. A placement that turns out better than the one found with all machines takes its
// place.
void leave_machines_out(const Network& network, PlaceSettings settings, Length length, PlacedStep& placed,
                        bool may_replace) {
    const std::size_t machines = placed.problem.machines.size();
    const Assignment found_with_all = placed.placement.assignment;
    settings.budget /= static_cast<std::int64_t>(machines);
    std::vector<int> stands_for(machines, 1);
    for (const std::vector<int>& set : equal_machines(placed.problem)) {
        for (const int copy : set) stands_for[static_cast<std::size_t>(copy)] = 0;
        stands_for[static_cast<std::size_t>(set.front())] = static_cast<int>(set.size());
    }
    for (std::size_t m = 0; machines > 1 && m < machines; ++m) {
        if (static_cast<int>(m) == placed.problem.helper || stands_for[m] == 0) continue;
        const int left_out = static_cast<int>(m);
        const std::optional<Problem> fewer = without_machines(placed.problem, {&left_out, 1});
        if (!fewer) continue;
        settings.starts = handed_on(*fewer, found_with_all, m, settings.objective);
        const Scorer scorer(*fewer, length, settings.objective);
        Placement found = place(scorer, &network, settings);
        if (found.score.excess > 0) continue;
        placed.without.push_back(
            {fewer->machines[m].name, stands_for[m], simulate(*fewer, scorer.expansion(), found.assignment)});
        if (may_replace && found.score < placed.placement.score) placed.placement = std::move(found);
    }
}

}  // namespace

PlacedStep place_step(const Network& network, const Recipe& recipe, const TrainingStep& step, Problem problem,
                      Objective objective, const std::optional<Assignment>& fixed,
                      const std::vector<Start>& starts) {
    const Length length = Expansion::size_of(problem.graph) > kWholeRuns ? Length::Short : Length::Whole;
    Expansion expansion(problem.graph, length);
    PlacedStep placed{std::move(problem), {}, {}, std::move(expansion), {}, {}, {}, {}, objective};
    // The plan refers to the graph, which stays where it is from here on.
    const MemoryPlan plan(network, recipe, step, placed.problem.graph, placed.problem.machines);
    placed.problem.excess = [&plan](const Assignment& assignment) { return plan.excess(assignment); };
    const Scorer scorer(placed.problem, length, objective);
    PlaceSettings settings{
        .objective = objective, .groups = make_groups(network, placed.problem.graph), .starts = starts};
    if (fixed) {
        placed.placement = {*fixed, "given", scorer.score(*fixed)};
    } else {
        add_pipelines(placed.problem, plan, settings.starts);
        add_fewer_machines(network, length, placed.problem, settings);
        placed.placement = place(scorer, &network, settings);
    }
    leave_machines_out(network, settings, length, placed, !fixed);
    placed.problem.excess = nullptr;  // it ends with this function
    placed.memory = plan.footprints(placed.placement.assignment);
    if (placed.placement.score.excess > 0)
        throw InputError(
            network.name, "",
            fmt::format("{} {}; expected a smaller --batch, a recipe joined by +recompute, or more machines",
                        fixed ? "does not fit as it is placed:"
                              : "fits in no placement on these machines: the nearest needs",
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

bool fits_pipeline(const Network& network, const Recipe& recipe, const TrainingStep& step,
                   const Problem& problem, int copies) {
    const MemoryPlan plan(network, recipe, step, problem.graph, problem.machines);
    std::vector<int> machines(static_cast<std::size_t>(copies));
    std::iota(machines.begin(), machines.end(), 0);
    return cut_into_pipeline(problem, plan, machines).has_value();
}

}  // namespace satsim::placement
