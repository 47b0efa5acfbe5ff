#include "host/mix.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <future>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "runtime/dispatch/bound.hpp"
#include "runtime/dispatch/capacity.hpp"
#include "runtime/placement/carry_over.hpp"
#include "runtime/placement/placement_file.hpp"
#include "runtime/placement/placement_json.hpp"
#include "runtime/placement/timeline_blocks.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {
namespace {

using placement::Objective;

// None: the policy is a file.
std::optional<Objective> objective_of(const std::string& policy) {
    for (const Objective objective : {Objective::Time, Objective::Energy, Objective::EnergyDelay})
        if (policy == to_string(objective)) return objective;
    return std::nullopt;
}

// What one of the two steps costs on every machine.
struct Machines {
    std::vector<placement::MachineCosts> costs;
    int helper = -1;  // the host, or a CPU that takes its place
};

Machines machines_of(const Steps& made, std::size_t which, std::span<const MixPart> parts,
                     const Hardware& hardware) {
    Machines machines;
    bool sat = false;
    for (const MixPart& part : parts) {
        const std::string& name = part.answer->run.name;
        sat = sat || name == "sat";
        if (name.starts_with("cpu")) machines.helper = static_cast<int>(machines.costs.size());
        for (int copy = 1; copy <= part.copies; ++copy) {
            machines.costs.push_back(part.answer->costs[which]);
            if (part.copies > 1) machines.costs.back().machine.name += fmt::format("#{}", copy);
        }
    }
    // SAT cannot do without a host for what it has no unit for.
    if (sat && machines.helper < 0) {
        machines.helper = static_cast<int>(machines.costs.size());
        machines.costs.push_back(host_costs(made, hardware)[which]);
    }
    return machines;
}

placement::Problem problem_of(const Steps& made, std::size_t which, const Machines& machines,
                              const Hardware& hardware) {
    placement::Problem problem =
        placement::make_problem(placement::make_graph(made.network, made.recipes[which], made.steps[which]),
                                machines.costs, hardware.power.host_busy.value);
    problem.helper = machines.helper;
    return problem;
}

// The placements of each part alone, on the machines of all of them.
std::vector<placement::Start> placements_alone(std::span<const MixPart> parts, std::size_t which,
                                               int helper) {
    std::vector<placement::Start> all;
    int first = 0;
    for (const MixPart& part : parts) {
        if (part.alone != nullptr) {
            for (const placement::Start& found : part.alone->steps.at(which).found) {
                placement::Assignment assignment = found.assignment;
                for (int& machine : assignment) machine = machine < part.copies ? first + machine : helper;
                all.push_back({std::move(assignment), part.alone->name + " alone"});
            }
        }
        first += part.copies;
    }
    return all;
}

std::unique_ptr<placement::StepPlacer> placer_of(const std::string& policy, const Steps& made,
                                                 std::size_t which, std::span<const MixPart> parts,
                                                 const Machines& machines, const Hardware& hardware) {
    placement::Problem problem = problem_of(made, which, machines, hardware);
    const std::optional<Objective> objective = objective_of(policy);
    std::optional<placement::Assignment> fixed;
    if (!objective) fixed = placement::load_placement(policy, made.network, problem);
    return std::make_unique<placement::StepPlacer>(made.network, made.recipes[which], made.steps[which],
                                                   std::move(problem), objective.value_or(Objective::Time),
                                                   std::move(fixed),
                                                   placements_alone(parts, which, machines.helper));
}

// What was found for one step as starts for the other, one for each objective that it is searched for.
std::vector<placement::Start> from_other(const placement::StepPlacer& from, const placement::StepPlacer& to) {
    std::vector<placement::Start> starts;
    for (const Objective objective : to.objectives())
        starts.push_back(
            {placement::carried_over(from.problem().graph, from.found(objective), to.problem(), objective),
             "the other step's"});
    return starts;
}

void consider(placement::StepPlacer& placer, const std::vector<placement::Start>& starts, bool improved) {
    for (std::size_t i = 0; i < starts.size(); ++i)
        placer.consider(starts[i], placer.objectives()[i], improved);
}

// Does `work` for both steps at the same time, where threads are to be had: they share nothing but what they
// read.
template <typename Work>
void for_both(const Work& work) {
    std::future<void> other =
        std::async(std::launch::async | std::launch::deferred, [&work] { work(std::size_t{1}); });
    work(std::size_t{0});
    other.get();
}

std::array<placement::PlacedStep, 2> place_both(const std::string& policy, const Steps& made,
                                                std::span<const MixPart> parts,
                                                const std::array<Machines, 2>& machines,
                                                const Hardware& hardware) {
    std::array<std::unique_ptr<placement::StepPlacer>, 2> placers;
    for_both([&](std::size_t which) {
        placers[which] = placer_of(policy, made, which, parts, machines[which], hardware);
        placers[which]->search();
    });
    std::array<std::vector<placement::Start>, 2> starts;
    const auto exchange = [&] {
        for (std::size_t which = 0; which < 2; ++which)
            starts[which] = from_other(*placers[1 - which], *placers[which]);
    };
    exchange();
    for_both([&](std::size_t which) {
        consider(*placers[which], starts[which], true);
        placers[which]->leave_machines_out();
    });
    exchange();
    std::array<std::optional<placement::PlacedStep>, 2> placed;
    for_both([&](std::size_t which) {
        consider(*placers[which], starts[which], false);
        placed[which] = placers[which]->finish();
    });
    return {std::move(*placed[0]), std::move(*placed[1])};
}

// The weakest of what was placed.
Provenance provenance_of(const placement::PlacedStep& placed,
                         const std::vector<placement::MachineCosts>& costs) {
    std::set<Provenance> seen;
    const placement::Graph& graph = placed.problem.graph;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        const auto machine = static_cast<std::size_t>(placed.placement.assignment[n]);
        for (const std::size_t task : graph.nodes[n].tasks)
            if (const auto& result = costs[machine].tasks[task]) seen.insert(result->provenance);
    }
    for (const Provenance weak : {Provenance::Modelled, Provenance::Recorded, Provenance::Simulated})
        if (seen.contains(weak)) return weak;
    return Provenance::Measured;
}

}  // namespace

bool is_objective(const std::string& policy) {
    return objective_of(policy).has_value();
}

Mix make_mix(const std::string& name, const std::string& policy, const Steps& made,
             std::span<const MixPart> parts, const Hardware& hardware) {
    bool energy_known = true;
    for (const MixPart& part : parts) {
        energy_known = energy_known && part.answer->run.energy_known;
        if (!part.answer->run.energy_known && policy != "time" && objective_of(policy))
            throw InputError("--placement " + policy, "",
                             "needs the energy of every target, which " + part.answer->run.name +
                                 " does not know; expected time");
    }
    const std::array machines = {machines_of(made, 0, parts, hardware),
                                 machines_of(made, 1, parts, hardware)};
    Mix mix{name, place_both(policy, made, parts, machines, hardware), Provenance::Simulated, energy_known};
    mix.provenance = provenance_of(mix.recipe(), machines[1].costs);
    return mix;
}

int least_copies(const Steps& made, const Answer& answer, const Hardware& hardware) {
    constexpr int kMost = 64;
    int copies = 1;
    for (std::size_t which = 0; which < made.steps.size(); ++which) {
        for (;; ++copies) {
            if (copies > kMost) {
                std::vector<std::string> advice =
                    what_would_need_less(made.network, made.recipes[which], made.steps[which]);
                if (advice.empty()) advice.emplace_back("a smaller network");
                throw InputError("--target " + answer.run.name + "@fit", "",
                                 fmt::format("finds no pipeline of up to {} machines that {} fits on; "
                                             "expected {}",
                                             kMost, made.steps[which].recipe, fmt::join(advice, " or ")));
            }
            const MixPart part{&answer, copies, nullptr};
            const Machines machines = machines_of(made, which, {&part, 1}, hardware);
            const placement::Problem problem = problem_of(made, which, machines, hardware);
            if (placement::fits_pipeline(made.network, made.recipes[which], made.steps[which], problem,
                                         copies))
                break;
        }
    }
    return copies;
}

std::vector<ModuleShare> module_shares(const Network& network, const Mix& mix) {
    ModuleTally tally(network);
    const placement::PlacedStep& placed = mix.recipe();
    for (std::size_t n = 0; n < placed.problem.graph.nodes.size(); ++n) {
        const placement::Node& node = placed.problem.graph.nodes[n];
        const auto machine = static_cast<std::size_t>(placed.placement.assignment[n]);
        const auto runs = static_cast<double>(placed.problem.graph.runs_of(static_cast<int>(n)));
        tally.add(node.layer, node.stage, runs * placed.problem.seconds[n][machine],
                  placed.outcome.node_joules[n]);
    }
    return tally.shares();
}

nlohmann::ordered_json mix_json(const Network& network, const Mix& mix) {
    const placement::Outcome& outcome = mix.recipe().outcome;
    const placement::Outcome& baseline = mix.steps[0].outcome;
    nlohmann::ordered_json object = {{"name", mix.name},
                                     {"provenance", to_string(mix.provenance)},
                                     {"seconds", outcome.seconds},
                                     {"energy_j", outcome.joules},
                                     {"energy_known", mix.energy_known},
                                     {"energy_delay_js", outcome.joules * outcome.seconds},
                                     {"baseline_seconds", baseline.seconds},
                                     {"baseline_energy_j", baseline.joules},
                                     {"speedup", baseline.seconds / outcome.seconds}};
    object.update(placement::placed_json(network, mix.recipe()));
    object["modules"] = modules_json(module_shares(network, mix));
    return object;
}

nlohmann::ordered_json mix_report(const Network& network, const Mix& mix) {
    nlohmann::ordered_json object = mix_json(network, mix);
    object.erase("placement");  // the table of layers is long enough
    nlohmann::ordered_json blocks = nlohmann::ordered_json::array();
    for (const placement::TimelineBlock& block : placement::timeline_blocks(network, mix.recipe()))
        blocks.push_back({{"lane", block.lane},
                          {"title", block.title},
                          {"stage", to_string(block.stage)},
                          {"transfer", block.transfer},
                          {"start_s", block.start},
                          {"seconds", block.end - block.start},
                          {"busy_s", block.busy},
                          {"count", block.count}});
    object["timeline"] = std::move(blocks);
    return object;
}

}  // namespace satsim::host
