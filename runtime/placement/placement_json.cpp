#include "runtime/placement/placement_json.hpp"

#include "runtime/dispatch/result_json.hpp"
#include "runtime/placement/placement_file.hpp"

namespace satsim::placement {
namespace {

using nlohmann::ordered_json;

ordered_json machines_memory_json(const Problem& problem, const std::vector<Footprint>& memory) {
    ordered_json list = ordered_json::array();
    for (std::size_t m = 0; m < memory.size(); ++m) {
        if (memory[m].total() == 0) continue;
        ordered_json one{{"target", problem.machines[m].name}};
        one.update(memory_json({memory[m], problem.machines[m].capacity, {}}));
        list.push_back(std::move(one));
    }
    return list;
}

ordered_json single_json(const Problem& problem, const SingleMachine& single) {
    return {{"target", single.name},
            {"seconds", single.outcome.seconds},
            {"energy_j", single.outcome.joules},
            {"fits", single.fits},
            {"alone", single.alone},
            {"memory", machines_memory_json(problem, single.memory)}};
}

}  // namespace

ordered_json placed_json(const Network& network, const PlacedStep& placed) {
    const Problem& problem = placed.problem;
    ordered_json busy = ordered_json::array();
    for (std::size_t m = 0; m < problem.machines.size(); ++m)
        busy.push_back({{"target", problem.machines[m].name}, {"seconds", placed.outcome.busy[m]}});
    ordered_json singles = ordered_json::array();
    for (const SingleMachine& single : placed.singles) singles.push_back(single_json(problem, single));
    ordered_json without = ordered_json::array();
    for (const WithoutMachine& each : placed.without)
        without.push_back({{"target", each.name},
                           {"stands_for", each.stands_for},
                           {"seconds", each.outcome.seconds},
                           {"energy_j", each.outcome.joules}});
    return {{"objective", to_string(placed.objective)},
            {"method", placed.placement.method},
            {"lower_bound_seconds", placed.bound.seconds()},
            {"lower_bound", {{"path_seconds", placed.bound.path}, {"load_seconds", placed.bound.load}}},
            {"lower_bound_energy_j", placed.bound.joules},
            {"busy", std::move(busy)},
            {"transfers",
             {{"bytes", placed.outcome.moved},
              {"seconds", placed.outcome.transfer_seconds},
              {"energy_j", placed.outcome.transfer_joules}}},
            {"idle_energy_j", placed.outcome.idle_joules},
            {"singles", std::move(singles)},
            {"without", std::move(without)},
            {"memory", machines_memory_json(problem, placed.memory)},
            {"placement", placement_document(network, problem, placed.placement.assignment)["places"]}};
}

}  // namespace satsim::placement
