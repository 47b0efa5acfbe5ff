#include "host/mix.hpp"

#include <algorithm>
#include <set>

#include "runtime/dispatch/bound.hpp"
#include "runtime/placement/placement_file.hpp"
#include "runtime/placement/placement_json.hpp"
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

placement::PlacedStep place_one(const std::string& policy, const Steps& made, std::size_t which,
                                const std::vector<placement::MachineCosts>& costs, const Hardware& hardware) {
    const TrainingStep& step = made.steps[which];
    placement::Problem problem =
        placement::make_problem(placement::make_graph(made.network, made.recipes[which], step), costs,
                                hardware.power.host_busy.value);
    const std::optional<Objective> objective = objective_of(policy);
    std::optional<placement::Assignment> fixed;
    if (!objective) fixed = placement::load_placement(policy, made.network, problem);
    return placement::place_step(made.network, made.recipes[which], step, std::move(problem),
                                 objective.value_or(Objective::Time), fixed);
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

Mix make_mix(const std::string& policy, const Steps& made, std::span<const Answer> answers,
             const Hardware& hardware) {
    bool sat = false;
    bool cpu = false;
    for (const Answer& answer : answers) {
        sat = sat || answer.run.name == "sat";
        cpu = cpu || answer.run.name.starts_with("cpu");
        if (!answer.run.energy_known && policy != "time" && objective_of(policy))
            throw InputError("--placement " + policy, "",
                             "needs the energy of every target, which " + answer.run.name +
                                 " does not know; expected time");
    }
    std::array<std::vector<placement::MachineCosts>, 2> costs;
    for (std::size_t i = 0; i < costs.size(); ++i) {
        for (const Answer& answer : answers) costs[i].push_back(answer.costs[i]);
        // SAT cannot do without a host for what it has no unit for.
        if (sat && !cpu) costs[i].push_back(host_costs(made, hardware)[i]);
    }
    Mix mix{"hetero",
            {place_one(policy, made, 0, costs[0], hardware), place_one(policy, made, 1, costs[1], hardware)},
            Provenance::Simulated};
    mix.provenance = provenance_of(mix.recipe(), costs[1]);
    return mix;
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
                                     {"energy_delay_js", outcome.joules * outcome.seconds},
                                     {"baseline_seconds", baseline.seconds},
                                     {"baseline_energy_j", baseline.joules},
                                     {"speedup", baseline.seconds / outcome.seconds}};
    object.update(placement::placed_json(network, mix.recipe()));
    object["modules"] = modules_json(module_shares(network, mix));
    return object;
}

}  // namespace satsim::host
