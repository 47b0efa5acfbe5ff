#include "runtime/placement/placed_step.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <span>

#include "runtime/dispatch/capacity.hpp"
#include "runtime/placement/groups.hpp"
#include "runtime/placement/memory.hpp"
#include "runtime/placement/pipeline.hpp"
#include "runtime/support/error.hpp"

namespace satsim::placement {
namespace {

// Beyond this many runs of nodes long loops are shortened in the simulation too.
constexpr std::int64_t kWholeRuns = 400'000;

// Candidates that are improved where a placement on fewer of the machines is looked for.
constexpr std::size_t kImprovedElsewhere = 2;
// And where all machines are alike: pipelines are good starts.
constexpr std::size_t kImprovedAlike = 3;

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
    const auto together = [&problem](std::size_t machine) {
        std::vector<Together> of_machine;
        std::ranges::copy_if(
            problem.together, std::back_inserter(of_machine),
            [machine](const Together& each) { return static_cast<std::size_t>(each.machine) == machine; });
        for (Together& each : of_machine) each.machine = 0;
        return of_machine;
    };
    return problem.machines[a] == other && std::ranges::all_of(problem.seconds, same) &&
           std::ranges::all_of(problem.joules, same) && together(a) == together(b);
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

// Whether there are machines of several kinds, beside the helper.
bool differ(const Problem& problem) {
    const std::size_t first = problem.helper == 0 && problem.machines.size() > 1 ? 1 : 0;
    for (std::size_t m = first + 1; m < problem.machines.size(); ++m)
        if (static_cast<int>(m) != problem.helper && !equal(problem, first, m)) return true;
    return false;
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

// A target that does not say what it takes has no joules at all.
bool tells_joules(const Problem& problem) {
    for (std::size_t m = 0; m < problem.machines.size(); ++m) {
        bool works = false;
        bool takes = false;
        for (std::size_t n = 0; n < problem.joules.size(); ++n) {
            if (!problem.can_run(static_cast<int>(n), static_cast<int>(m))) continue;
            works = true;
            takes = takes || problem.joules[n][m] > 0;
        }
        if (works && !takes) return false;
    }
    return true;
}

void add_start(const Assignment& assignment, const std::string& method, std::vector<Start>& starts) {
    const auto same = [&](const Start& start) { return start.assignment == assignment; };
    if (std::ranges::none_of(starts, same)) starts.push_back({assignment, method});
}

// Of equal machines, what is found for 2, 4, 8 ... of them is a start for all: so more of them are not worse.
void add_fewer_machines(const Network& network, Length length, const Problem& problem,
                        PlaceSettings& settings) {
    for (const std::vector<int>& machines : equal_machines(problem)) {
        for (std::size_t used = 2; used < machines.size(); used *= 2) {
            const std::optional<Problem> fewer = without_machines(problem, std::span(machines).subspan(used));
            if (!fewer) break;
            PlaceSettings some = settings;
            some.other_objectives = false;
            some.improved = kImprovedElsewhere;
            some.starts = possible_starts(*fewer, settings.starts);
            Placement found = place(Scorer(*fewer, length, settings.objective), &network, some);
            if (found.score.excess > 0) continue;
            settings.starts.push_back({std::move(found.assignment), "fewer machines"});
            ++settings.improved;  // beside the others, not instead of one
        }
    }
}

PlacedStep unplaced(Problem problem, Length length, Objective objective) {
    Expansion expansion(problem.graph, length);
    return {std::move(problem), {}, {}, std::move(expansion), {}, {}, {}, {}, {}, objective};
}

// `assignment` with what is on `machine` moved to each of the others, as far as they can run it.
void hand_on(const Problem& problem, const Assignment& assignment, std::size_t machine, Objective objective,
             std::vector<Start>& starts) {
    for (std::size_t to = 0; to < problem.machines.size(); ++to) {
        if (to == machine) continue;
        Assignment moved = all_on(problem, static_cast<int>(to), objective);
        for (std::size_t n = 0; n < assignment.size(); ++n)
            if (assignment[n] != static_cast<int>(machine)) moved[n] = assignment[n];
        add_start(moved, "a machine left out", starts);
    }
}

// How many machines each stands for: one of several copies for all of them, the others for none.
std::vector<int> copies_of(const Problem& problem) {
    std::vector<int> stands_for(problem.machines.size(), 1);
    for (const std::vector<int>& set : equal_machines(problem)) {
        for (const int copy : set) stands_for[static_cast<std::size_t>(copy)] = 0;
        stands_for[static_cast<std::size_t>(set.front())] = static_cast<int>(set.size());
    }
    return stands_for;
}

}  // namespace

StepPlacer::StepPlacer(const Network& network, const Recipe& recipe, const TrainingStep& step,
                       Problem problem, Objective objective, std::optional<Assignment> fixed,
                       std::vector<Start> starts)
    : network_(network),
      recipe_(recipe),
      step_(step),
      fixed_(std::move(fixed)),
      length_(Expansion::size_of(problem.graph) > kWholeRuns ? Length::Short : Length::Whole),
      placed_(unplaced(std::move(problem), length_, objective)),
      plan_(network, recipe, step, placed_.problem.graph, placed_.problem.machines),
      scorer_(placed_.problem, length_, objective),
      settings_{.objective = objective,
                .groups = make_groups(network, placed_.problem.graph),
                .starts = std::move(starts)},
      objectives_{objective} {
    settings_.other_objectives = differ(placed_.problem);
    if (!settings_.other_objectives) settings_.improved = kImprovedAlike;
    // Many equal machines make large problems: there the objective that is asked for has all the time.
    settings_.every_objective = settings_.other_objectives && !fixed_ && tells_joules(placed_.problem) &&
                                equal_machines(placed_.problem).empty();
    if (settings_.every_objective) objectives_.assign(kObjectives.begin(), kObjectives.end());
    placed_.problem.excess = [this](const Assignment& assignment) { return plan_.excess(assignment); };
}

void StepPlacer::search() {
    if (fixed_) {
        offer(*fixed_, "given");
        return;
    }
    add_pipelines(placed_.problem, plan_, settings_.starts);
    add_fewer_machines(network_, length_, placed_.problem, settings_);
    found_ = place_for_all(scorer_, &network_, settings_);
}

Outcome StepPlacer::offer(const Assignment& assignment, const std::string& method) {
    const Bytes excess = excess_of(placed_.problem, assignment);
    const Outcome outcome = simulate(placed_.problem, placed_.expansion, assignment);
    for (const Objective objective : kObjectives) {
        const Score score{excess, outcome.value(objective)};
        if (best(objective).assignment.empty() || score < best(objective).score)
            best(objective) = {assignment, method, score};
    }
    return outcome;
}

void StepPlacer::offer(const Placements& placements) {
    for (const Objective objective : kObjectives)
        if (of(placements, objective).score < best(objective).score)
            best(objective) = of(placements, objective);
}

void StepPlacer::consider(const Start& start, Objective objective, bool improved) {
    if (fixed_ || start.assignment == found(objective)) return;
    constexpr double kAboutAsGood = 1.02;
    const Score before = best(objective).score;
    const Outcome outcome = offer(start.assignment, start.method);
    if (!improved) return;
    const Score score{excess_of(placed_.problem, start.assignment), outcome.value(objective)};
    if (score.excess > before.excess || score.value > kAboutAsGood * before.value) return;
    const Scorer shortened(placed_.problem, Length::Short, objective);
    const std::string method = start.method + ", improved";
    offer(improve_start(shortened, settings_, start.assignment), method);
    // What the search has not come near to is worth going on with.
    constexpr int kRounds = 3;
    for (int round = 1; score < before && round < kRounds; ++round) {
        const Score least = best(objective).score;
        offer(improve_start(shortened, settings_, found(objective)), method);
        if (!(best(objective).score < least)) break;
    }
}

// Places the step on all machines but one, for each that the others can do without; one of several copies
// stands for them all. A placement that turns out better than the one found with all machines takes its
// place.
void StepPlacer::leave_machines_out() {
    const std::size_t machines = placed_.problem.machines.size();
    const Placements found_with_all = found_;
    const std::vector<int> stands_for = copies_of(placed_.problem);
    PlaceSettings settings = settings_;
    settings.budget /= static_cast<std::int64_t>(machines);
    settings.other_objectives = false;
    settings.improved = kImprovedElsewhere;
    for (std::size_t m = 0; machines > 1 && m < machines; ++m) {
        if (static_cast<int>(m) == placed_.problem.helper || stands_for[m] == 0) continue;
        const int left_out = static_cast<int>(m);
        const std::optional<Problem> fewer = without_machines(placed_.problem, {&left_out, 1});
        if (!fewer) continue;
        settings.starts.clear();
        for (const Objective objective : objectives_)
            hand_on(*fewer, of(found_with_all, objective).assignment, m, objective, settings.starts);
        const Scorer scorer(*fewer, length_, settings.objective);
        const Placements found = place_for_all(scorer, &network_, settings);
        const Placement& own = of(found, settings.objective);
        if (own.score.excess > 0) continue;
        placed_.without.push_back(
            {fewer->machines[m].name, stands_for[m], simulate(*fewer, scorer.expansion(), own.assignment)});
        if (!fixed_) offer(found);
    }
}

void StepPlacer::refuse() const {
    std::vector<std::string> advice = what_would_need_less(network_, recipe_, step_);
    advice.emplace_back(fixed_ ? "another placement" : "more machines");
    throw InputError(fmt::format("network {} under {}", network_.name, step_.recipe), "",
                     fmt::format("{} {}; expected {}",
                                 fixed_ ? "does not fit as it is placed:"
                                        : "fits in no placement on these machines: the nearest needs",
                                 memory_text(placed_.problem, placed_.memory), fmt::join(advice, " or ")));
}

PlacedStep StepPlacer::finish() {
    placed_.problem.excess = nullptr;  // it ends with this
    placed_.placement = best(settings_.objective);
    const Assignment& found = placed_.placement.assignment;
    placed_.memory = plan_.footprints(found);
    if (placed_.placement.score.excess > 0) refuse();
    placed_.outcome = simulate(placed_.problem, placed_.expansion, found, true);
    for (const Objective objective : objectives_)
        add_start(of(found_, objective).assignment, "", placed_.found);
    placed_.bound = lower_bound(placed_.problem, placed_.expansion);
    for (std::size_t m = 0; m < placed_.problem.machines.size(); ++m) {
        const int machine = static_cast<int>(m);
        if (!runs_products(placed_.problem, step_, machine)) continue;
        const Assignment all = all_on(placed_.problem, machine, settings_.objective);
        SingleMachine single;
        single.name = placed_.problem.machines[m].name;
        single.outcome = simulate(placed_.problem, placed_.expansion, all);
        single.memory = plan_.footprints(all);
        single.fits = fits(placed_.problem, single.memory);
        single.alone = std::all_of(all.begin(), all.end(), [machine](int each) { return each == machine; });
        placed_.singles.push_back(std::move(single));
    }
    return std::move(placed_);
}

bool fits_pipeline(const Network& network, const Recipe& recipe, const TrainingStep& step,
                   const Problem& problem, int copies) {
    const MemoryPlan plan(network, recipe, step, problem.graph, problem.machines);
    std::vector<int> machines(static_cast<std::size_t>(copies));
    std::iota(machines.begin(), machines.end(), 0);
    return cut_into_pipeline(problem, plan, machines).has_value();
}

}  // namespace satsim::placement
