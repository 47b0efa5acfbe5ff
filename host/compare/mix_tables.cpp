#include <fmt/format.h>

#include "host/compare/mix.hpp"
#include "host/table.hpp"
#include "runtime/comparison/module_shares.hpp"
#include "runtime/dispatch/bound.hpp"
#include "runtime/placement/node_costs.hpp"

namespace satsim::host {
namespace {

using placement::PlacedStep;

std::vector<std::string> totals_line(const Mix& mix, const std::string& name,
                                     const placement::Outcome& outcome, const std::string& remark) {
    return {name,
            time_text(outcome.seconds),
            fmt::format("{:.2f}x", outcome.seconds / mix.recipe().bound.seconds()),
            mix.run.energy_known ? joule_text(outcome.joules) : "-",
            mix.run.energy_known ? fmt::format("{:.3g}", outcome.joules * outcome.seconds) : "-",
            byte_text(outcome.moved),
            remark};
}

Table totals_table(const Mix& mix) {
    const PlacedStep& placed = mix.recipe();
    Table table(
        {"<placement", "step", "of lower bound", "energy", "energy x delay [Js]", "moved over PCIe", "<"});
    for (const placement::SingleMachine& single : placed.singles) {
        std::string remark = single.fits ? "" : "does not fit its memory";
        if (!single.alone) remark += remark.empty() ? "rest on others" : ", rest on others";
        table.row(totals_line(mix, "all on " + single.name, single.outcome, remark));
    }
    table.row(
        totals_line(mix, mix.name(), placed.outcome,
                    fmt::format("for {}, by {}", to_string(placed.objective), placed.placement.method)));
    return table;
}

// Busy seconds of each machine by module and stage.
Table place_table(const Network& network, const PlacedStep& placed) {
    const std::size_t machines = placed.problem.machines.size();
    std::vector<std::string> columns{"<module", "<stage"};
    for (const placement::Machine& machine : placed.problem.machines) {
        columns.push_back(machine.name);
        columns.push_back("tasks");
    }
    Table table(columns);
    std::vector<ModuleTally> seconds(machines, ModuleTally(network));
    std::vector<ModuleTally> counts(machines, ModuleTally(network));
    const std::vector<placement::NodeCost> costs =
        placement::node_costs(placed.problem, placed.placement.assignment);
    for (std::size_t n = 0; n < placed.problem.graph.nodes.size(); ++n) {
        const placement::Node& node = placed.problem.graph.nodes[n];
        const auto m = static_cast<std::size_t>(placed.placement.assignment[n]);
        const auto runs = static_cast<double>(placed.problem.graph.runs_of(static_cast<int>(n)));
        seconds[m].add(node.layer, node.stage, runs * costs[n].seconds, 0);
        counts[m].add(node.layer, node.stage, runs, 0);
    }
    for (std::size_t module = 0; module < seconds[0].all().size(); ++module) {
        for (std::size_t stage = 0; stage < 3; ++stage) {
            std::vector<std::string> line{seconds[0].all()[module].name,
                                          to_string(static_cast<Stage>(stage))};
            bool any = false;
            for (std::size_t m = 0; m < machines; ++m) {
                const double runs = counts[m].all()[module].seconds[stage];
                any = any || runs > 0;
                line.push_back(runs > 0 ? time_text(seconds[m].all()[module].seconds[stage]) : "-");
                line.push_back(runs > 0 ? fmt::format("{:.0f}", runs) : "");
            }
            if (any) table.row(std::move(line));
        }
    }
    return table;
}

Table memory_table(const PlacedStep& placed) {
    Table table({"<machine", "busy", "of the step", "memory", "capacity", "activations", "received",
                 "gradients", "FP32 weights", "FP16 copies", "optimizer", "dW"});
    const auto size = [](Bytes bytes) { return bytes > 0 ? byte_text(bytes) : "-"; };
    for (std::size_t m = 0; m < placed.problem.machines.size(); ++m) {
        const placement::Machine& machine = placed.problem.machines[m];
        const Footprint& f = placed.memory[m];
        table.row({machine.name, time_text(placed.outcome.busy[m]),
                   fmt::format("{:.1f} %", 100 * placed.outcome.busy[m] / placed.outcome.seconds),
                   size(f.total()), machine.capacity > 0 ? size(machine.capacity) : "not known",
                   size(f.activations), size(f.received), size(f.gradients), size(f.masters), size(f.copies),
                   size(f.optimizer_state), size(f.weight_gradients)});
    }
    return table;
}

// What the mix is worth beside the best machine alone, and who has a part in it.
std::string verdict(const Mix& mix) {
    const PlacedStep& placed = mix.recipe();
    const placement::SingleMachine* best = nullptr;
    for (const placement::SingleMachine& single : placed.singles) {
        if (!single.fits) continue;
        if (best == nullptr || single.outcome.value(placed.objective) < best->outcome.value(placed.objective))
            best = &single;
    }
    double busy = 0;
    for (const double seconds : placed.outcome.busy) busy += seconds;
    std::string shares;
    for (std::size_t m = 0; m < placed.problem.machines.size(); ++m) {
        const double share = placed.outcome.busy[m] / busy;
        shares += fmt::format("{}{} {}", shares.empty() ? "" : ", ", placed.problem.machines[m].name,
                              share > 0 ? fmt::format("{:.1f} %", 100 * share) : "nothing");
    }
    constexpr double kWorthIt = 1.01;
    const double value = placed.outcome.value(placed.objective);
    std::string text = "No machine alone has the memory for this step.";
    if (best != nullptr)
        text = fmt::format("{} is {:.3f}x as good for {} as everything on {}, the best machine alone.",
                           mix.name(), best->outcome.value(placed.objective) / value,
                           to_string(placed.objective), best->name);
    for (const placement::WithoutMachine& without : placed.without) {
        const double worth = without.outcome.value(placed.objective) / value;
        const std::string name = without.stands_for == 1 ? without.name
                                                         : fmt::format("{}, like any other of these {},",
                                                                       without.name, without.stands_for);
        text += worth < kWorthIt
                    ? fmt::format(" {} wins nothing here ({:.3f}x of the best placement without it).", name,
                                  worth)
                    : fmt::format(" {} is worth {:.2f}x.", name, worth);
    }
    return fmt::format("{} Busy time: {}.", text, shares);
}

}  // namespace

std::string mix_text(const Network& network, const Mix& mix) {
    const PlacedStep& placed = mix.recipe();
    return fmt::format(
        "Placement ({}), busy time and runs of tasks by module:\n\n{}\n{}\n{}\n"
        "{}\n"
        "Lower bound of a step: {} (longest path {}, shared load {}), whatever is moved where. Baseline, "
        "placed the same "
        "way: {}, {:.2f}x. {} moved in {} of transfers{}.\n"
        "Tasks of different machines overlap here, so that one machine's step may be shorter than its tasks "
        "one after the "
        "other (docs/architecture/placement.md).\n",
        to_string(mix.run.provenance()), place_table(network, placed).text(), memory_table(placed).text(),
        totals_table(mix).text(), verdict(mix), time_text(placed.bound.seconds()),
        time_text(placed.bound.path), time_text(placed.bound.load), time_text(mix.steps[0].outcome.seconds),
        mix.steps[0].outcome.seconds / placed.outcome.seconds, byte_text(placed.outcome.moved),
        time_text(placed.outcome.transfer_seconds),
        mix.run.energy_known ? "; idle machines take " + joule_text(placed.outcome.idle_joules) : "");
}

}  // namespace satsim::host
