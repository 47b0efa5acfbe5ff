#include "runtime/placement/placement_file.hpp"

#include <algorithm>

#include "runtime/placement/node_costs.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim::placement {
namespace {

const Layer& layer_of(const Network& network, const Node& node) {
    return network.layers[static_cast<std::size_t>(node.layer)];
}

int find_machine(const JsonCursor& at, const Problem& problem) {
    const std::string name = at.text();
    std::string known;
    for (std::size_t m = 0; m < problem.machines.size(); ++m) {
        if (problem.machines[m].name == name) return static_cast<int>(m);
        known += (known.empty() ? "" : ", ") + problem.machines[m].name;
    }
    at.fail("is " + shown(at.node()) + ", which is none of the targets " + known);
}

std::string title(const Network& network, const Node& node) {
    return layer_of(network, node).name + " " + to_string(node.stage) +
           (node.part.empty() ? "" : " " + node.part);
}

}  // namespace

nlohmann::ordered_json placement_document(const Network& network, const Problem& problem,
                                          const Assignment& assignment) {
    nlohmann::ordered_json places = nlohmann::ordered_json::array();
    for (std::size_t n = 0; n < assignment.size(); ++n) {
        const Node& node = problem.graph.nodes[n];
        places.push_back({{"layer", layer_of(network, node).name},
                          {"stage", to_string(node.stage)},
                          {"part", node.part},
                          {"target", problem.machines[static_cast<std::size_t>(assignment[n])].name}});
    }
    return {{"format", "satsim-placement"},
            {"version", 1},
            {"network", network.name},
            {"places", std::move(places)}};
}

Assignment parse_placement(const nlohmann::json& document, const std::string& file, const Network& network,
                           const Problem& problem, const Assignment* start) {
    const JsonCursor root(document, file);
    root.object({"format", "version", "places"}, {"network", "comment"});
    if (root.at("format").text() != "satsim-placement")
        root.at("format").fail("is not \"satsim-placement\": no placement file");
    (void)root.at("version").integer(1, 1);
    if (root.has("network") && root.at("network").text() != network.name)
        root.at("network").fail("is " + shown(root.at("network").node()) + ", expected " +
                                shown(network.name));
    const std::vector<Node>& nodes = problem.graph.nodes;
    Assignment assignment = start == nullptr ? Assignment(nodes.size(), -1) : *start;
    const JsonCursor places = root.at("places");
    const std::size_t count = places.size(1);
    for (std::size_t i = 0; i < count; ++i) {
        const JsonCursor place = places.at(i);
        place.object({"layer", "target"}, {"stage", "part", "comment"});
        const int machine = find_machine(place.at("target"), problem);
        const std::string layer = place.at("layer").text();
        const std::string stage = place.has("stage") ? place.at("stage").text() : "";
        if (!stage.empty() && stage != "FF" && stage != "BP" && stage != "WU")
            place.at("stage").fail("is " + shown(place.at("stage").node()) + ", expected FF, BP or WU");
        // "" is a part of its own: the only node of a stage.
        const bool parted = place.has("part") && place.at("part").node().is_string();
        const std::string part = parted ? place.at("part").node().get<std::string>() : "";
        bool matched = false;
        for (std::size_t n = 0; n < nodes.size(); ++n) {
            if (layer != "*" && !network.lies_in(layer_of(network, nodes[n]), layer)) continue;
            if (!stage.empty() && stage != to_string(nodes[n].stage)) continue;
            if (parted && part != nodes[n].part) continue;
            matched = true;
            // A group goes where it can; what is named alone must be able to.
            if (problem.can_run(static_cast<int>(n), machine))
                assignment[n] = machine;
            else if (layer == layer_of(network, nodes[n]).name && !stage.empty() && place.has("part"))
                place.at("target").fail("cannot run " + title(network, nodes[n]));
        }
        if (!matched) {
            const bool known =
                layer == "*" || std::any_of(network.layers.begin(), network.layers.end(),
                                            [&](const Layer& l) { return network.lies_in(l, layer); });
            place.fail(known ? "names a stage or part that no task of " + shown(layer) + " has"
                             : "names " + shown(layer) + ", which is no layer or module of " + network.name);
        }
    }
    for (std::size_t n = 0; n < nodes.size(); ++n)
        if (assignment[n] < 0)
            places.fail("places " + title(network, nodes[n]) +
                        " nowhere where it can run, expected an entry with a target that can");
    if (const Together* torn = torn_apart(problem, assignment))
        places.fail(
            "takes " + title(network, nodes[static_cast<std::size_t>(torn->nodes.front())]) +
            " apart from its other parts on " +
            problem.machines[static_cast<std::size_t>(torn->machine)].name +
            ", which does them in one kernel and has no times of them alone; expected all of them there "
            "or none");
    return assignment;
}

Assignment load_placement(const std::filesystem::path& path, const Network& network, const Problem& problem) {
    return parse_placement(parse_json_file(path), path.string(), network, problem);
}

}  // namespace satsim::placement
