#include "runtime/placement/groups.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace satsim::placement {

std::vector<std::vector<int>> make_groups(const Network& network, const Graph& graph) {
    std::map<std::string, std::vector<int>> named;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        const Node& node = graph.nodes[n];
        const std::string& path = network.layers[static_cast<std::size_t>(node.layer)].path;
        // "llm.block.norm1": itself, "llm.block", "llm" and everything.
        for (std::size_t end = path.size();; end = path.rfind('.', end - 1)) {
            const std::string prefix = end == std::string::npos ? "" : path.substr(0, end);
            const std::string stage = prefix + " " + to_string(node.stage);
            for (const std::string& name : {prefix, stage, stage + " " + node.part})
                named[name].push_back(static_cast<int>(n));
            if (prefix.empty()) break;
        }
    }
    std::set<std::vector<int>> known;
    std::vector<std::vector<int>> groups;
    for (auto& [name, nodes] : named)
        if (nodes.size() > 1 && known.insert(nodes).second) groups.push_back(nodes);
    std::stable_sort(groups.begin(), groups.end(),
                     [](const auto& a, const auto& b) { return a.size() > b.size(); });
    return groups;
}

}  // namespace satsim::placement
