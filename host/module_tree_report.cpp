#include "host/module_tree_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "host/inputs.hpp"
#include "host/samples.hpp"
#include "host/table.hpp"
#include "runtime/workload/module_tree.hpp"

namespace satsim::host {
namespace {

struct Rows {
    Table& table;
    const Network& network;
    int depth;  // 0: all
};

void append(const Rows& rows, const TreeNode& node, int level) {
    std::vector<TableCell> cells{std::string(static_cast<std::size_t>(2 * level), ' ') + node.name +
                                     (node.repeat > 1 ? fmt::format(" x{}", node.repeat) : ""),
                                 node.kind, count_cell(node.parameters), count_cell(node.macs)};
    if (rows.network.tokens > 0) cells.push_back(count_cell(node.macs / rows.network.tokens));
    for (const StageUse& use : node.stages) cells.emplace_back(word_of(use, node));
    rows.table.row(cells);
    if (rows.depth > 0 && level >= rows.depth) return;
    for (const auto& child : node.children) append(rows, *child, level + 1);
}

std::string legend(const Network& network, const std::vector<Recipe>& stages) {
    std::string text;
    if (network.tokens > 0)
        text +=
            fmt::format("MACs/token: forward, of the {} positions of a sample\n", grouped(network.tokens));
    if (stages.empty()) return text;
    text +=
        "train: updated; part: some of it; BP: frozen, a gradient goes through; FF: frozen; -: does not "
        "run\n";
    for (const Recipe& stage : stages) {
        for (const std::string& assumption : stage.assumptions)
            text += fmt::format("{}: assumed: {}\n", stage.name, assumption);
    }
    return text;
}

}  // namespace

std::string tree_report(const Network& network, const Options& options,
                        const std::vector<std::string>& recipes, int depth) {
    std::vector<Recipe> stages;
    for (const std::string& name : recipes.empty() ? network.stages : recipes)
        stages.push_back(find_recipe(name, options.models_folder));
    const TreeNode tree = module_tree(network, stages);
    if (options.json) {
        nlohmann::ordered_json object = tree_json(tree, network, stages);
        object["tokens"] = network.tokens;
        if (!network.sample.empty()) object["sample"] = network.sample;
        object["assumptions"] = nlohmann::ordered_json::object();
        for (const Recipe& stage : stages) object["assumptions"][stage.name] = stage.assumptions;
        return object.dump(1) + "\n";
    }
    std::vector<std::string> heads{"<module", "<kind", "parameters", "MACs/sample"};
    if (network.tokens > 0) heads.emplace_back("MACs/token");
    for (const Recipe& stage : stages) heads.push_back("<" + stage.name);
    Table table(heads);
    append({table, network, depth}, tree, 0);
    if (options.csv) return table.csv();
    return table.text() + "\n" + sample_text(network) + legend(network, stages);
}

}  // namespace satsim::host
