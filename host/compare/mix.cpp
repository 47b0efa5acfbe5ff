#include "host/compare/mix.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "host/module_table.hpp"
#include "runtime/dispatch/bound.hpp"
#include "runtime/dispatch/capacity.hpp"
#include "runtime/placement/carry_over.hpp"
#include "runtime/placement/placed_tasks.hpp"
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
                all.push_back({std::move(assignment), part.alone->name() + " alone"});
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

// All accelerators together; the host is none, as it is none of SAT alone.
Machine machine_of(std::span<const MixPart> parts) {
    Machine all;
    bool limits_known = true;
    for (const MixPart& part : parts) {
        const Machine& one = part.answer->run.machine;
        all.peak_flops += part.copies * one.peak_flops;
        all.bandwidth += part.copies * one.bandwidth;
        all.board_watts += part.copies * one.board_watts;
        limits_known = limits_known && one.board_watts > 0;
        all.peaks = &part == parts.data() || all.peaks == one.peaks ? one.peaks : Peaks::Mixed;
    }
    if (!limits_known) all.board_watts = 0;
    return all;
}

// In the order of the problem's machines.
std::vector<Group::Part> group_parts(std::span<const MixPart> parts, const Machines& machines,
                                     const Hardware& hardware) {
    std::vector<Group::Part> list;
    for (const MixPart& part : parts)
        for (int copy = 0; copy < part.copies; ++copy)
            list.push_back({"", part.answer->run.machine, part.answer->run.limit_factor});
    if (list.size() < machines.costs.size())
        list.push_back(
            {"", {hardware.host.arithmetic_rate.value, hardware.host.memory_bandwidth.value, 0}, 1});
    for (std::size_t i = 0; i < list.size(); ++i) list[i].name = machines.costs[i].machine.name;
    return list;
}

// "2 x vcu1525-sat32, ...; placed for time, by list schedule"
std::string describe(std::span<const MixPart> parts, const placement::PlacedStep& placed) {
    std::string text;
    for (const MixPart& part : parts)
        text += fmt::format("{}{}{}", text.empty() ? "" : "; and ",
                            part.copies > 1 ? fmt::format("{} x ", part.copies) : "",
                            part.answer->run.description);
    return fmt::format("{}; placed for {}, by {}", text, to_string(placed.objective),
                       placed.placement.method);
}

// What the GPUs' seconds are of; "" also where one of them does not say.
std::string timing_of(std::span<const MixPart> parts) {
    std::set<std::string> timings;
    for (const MixPart& part : parts)
        if (part.answer->run.name.starts_with("gpu")) timings.insert(part.answer->run.timing);
    if (timings.empty() || timings.contains("")) return "";
    return timings.size() > 1 ? "mixed" : *timings.begin();
}

TargetRun run_of(const std::string& name, const Network& network, std::span<const MixPart> parts,
                 const std::array<placement::PlacedStep, 2>& steps, const Machines& machines,
                 const Hardware& hardware) {
    const placement::PlacedStep& placed = steps[1];
    TargetRun run;
    run.name = name;
    run.description = describe(parts, placed);
    run.machine = machine_of(parts);
    run.energy_basis = EnergyBasis::Measured;
    for (const MixPart& part : parts) {
        run.energy_known = run.energy_known && part.answer->run.energy_known;
        run.energy_basis = std::max(run.energy_basis, part.answer->run.energy_basis);
    }
    run.timing = timing_of(parts);
    run.baseline_seconds = steps[0].outcome.seconds;
    run.baseline_joules = steps[0].outcome.joules;
    Group& group = run.group.emplace();
    group.parts = group_parts(parts, machines, hardware);
    group.seconds = placed.outcome.seconds;
    group.joules = placed.outcome.joules;
    for (placement::PlacedTask& task : placement::placed_tasks(network, placed, machines.costs)) {
        group.places.push_back(task.machine);
        run.tasks.push_back(std::move(task.result));
    }
    if (!run.energy_known) {  // of some machine: then of none of it
        run.baseline_joules = group.joules = 0;
        for (TaskResult& task : run.tasks) task.energy_j = 0;
    }
    return run;
}

}  // namespace

bool is_objective(const std::string& policy) {
    return objective_of(policy).has_value();
}

Mix make_mix(const std::string& name, const std::string& policy, const Steps& made,
             std::span<const MixPart> parts, const Hardware& hardware) {
    for (const MixPart& part : parts) {
        if (!part.answer->run.energy_known && policy != "time" && objective_of(policy))
            throw InputError("--placement " + policy, "",
                             "needs the energy of every target, which " + part.answer->run.name +
                                 " does not know; expected time");
    }
    const std::array machines = {machines_of(made, 0, parts, hardware),
                                 machines_of(made, 1, parts, hardware)};
    Mix mix{place_both(policy, made, parts, machines, hardware), {}};
    mix.run = run_of(name, made.network, parts, mix.steps, machines[1], hardware);
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

nlohmann::ordered_json mix_json(const Network& network, const Mix& mix) {
    const placement::Outcome& outcome = mix.recipe().outcome;
    nlohmann::ordered_json object = {{"energy_delay_js", outcome.joules * outcome.seconds}};
    object.update(placement::placed_json(network, mix.recipe()));
    if (mix.run.energy_known) return object;
    for (const char* field : {"energy_delay_js", "lower_bound_energy_j", "idle_energy_j"})
        object[field] = 0.0;
    object["transfers"]["energy_j"] = 0.0;
    for (const char* list : {"singles", "without"})
        for (nlohmann::ordered_json& each : object[list]) each["energy_j"] = 0.0;
    return object;
}

nlohmann::ordered_json mix_report(const Network& network, const Mix& mix) {
    nlohmann::ordered_json object = {{"name", mix.name()},
                                     {"provenance", to_string(mix.run.provenance())},
                                     {"seconds", mix.recipe().outcome.seconds},
                                     {"energy_j", total_work(mix.run).joules},
                                     {"energy_known", mix.run.energy_known},
                                     {"baseline_seconds", mix.run.baseline_seconds},
                                     {"modules", modules_of(network, mix.run)}};
    object.update(mix_json(network, mix));
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
