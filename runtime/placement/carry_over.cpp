#include "runtime/placement/carry_over.hpp"

#include <array>
#include <map>
#include <tuple>

#include "runtime/placement/search.hpp"

namespace satsim::placement {
namespace {

using Key = std::tuple<int, int, int, std::string>;  // layer, pass, stage, part; -1: any

// What a node is, from all of it to its layer alone.
std::array<Key, 4> keys_of(const Node& node) {
    const int pass = static_cast<int>(node.pass);
    const int stage = static_cast<int>(node.stage);
    return {Key{node.layer, pass, stage, "=" + node.part}, Key{node.layer, pass, stage, ""},
            Key{node.layer, pass, -1, ""}, Key{node.layer, -1, -1, ""}};
}

}  // namespace

Assignment carried_over(const Graph& from, const Assignment& assignment, const Problem& to,
                        Objective objective) {
    std::map<Key, int> machines;
    for (std::size_t n = 0; n < assignment.size(); ++n)
        for (const Key& key : keys_of(from.nodes[n])) machines.emplace(key, assignment[n]);
    Assignment carried = all_on(to, 0, objective);
    for (std::size_t n = 0; n < carried.size(); ++n) {
        const int node = static_cast<int>(n);
        bool found = false;
        for (const Key& key : keys_of(to.graph.nodes[n])) {
            const auto like = machines.find(key);
            found = like != machines.end() && to.can_run(node, like->second);
            if (!found) continue;
            carried[n] = like->second;
            break;
        }
        if (!found && n > 0 && to.can_run(node, carried[n - 1])) carried[n] = carried[n - 1];
    }
    return carried;
}

}  // namespace satsim::placement
