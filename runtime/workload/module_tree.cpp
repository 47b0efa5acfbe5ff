#include "runtime/workload/module_tree.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "runtime/workload/training_plan.hpp"

namespace satsim {
namespace {

class TreeMaker {
  public:
    TreeMaker(const Network& network, const std::vector<Recipe>& stages)
        : network_(network), stages_(stages.size()) {
        for (const Recipe& stage : stages) plans_.push_back(plan_training(network, stage));
    }

    TreeNode make() {
        TreeNode root;
        root.name = root.path = network_.name;
        root.kind = "network";
        root.is_module = true;
        root.stages.resize(stages_);
        places_.assign(network_.modules.size(), nullptr);
        if (!places_.empty()) places_.front() = &root;
        for (std::size_t i = 0; i < network_.layers.size(); ++i) add(i);
        return root;
    }

  private:
    TreeNode& module(int index) {
        TreeNode*& place = places_.at(static_cast<std::size_t>(index));
        if (place != nullptr) return *place;
        const ModuleNode& node = network_.modules[static_cast<std::size_t>(index)];
        TreeNode& made = child(module(node.parent), node.name, node.path, node.module);
        made.is_module = true;
        made.repeat = node.repeat;
        return *(place = &made);
    }

    TreeNode& child(TreeNode& parent, const std::string& name, const std::string& path,
                    const std::string& kind) {
        parent.children.push_back(std::make_unique<TreeNode>());
        TreeNode& made = *parent.children.back();
        made.name = name;
        made.path = path;
        made.kind = kind;
        made.stages.resize(stages_);
        return made;
    }

    // Copies of a repeated module have the same paths.
    void add(std::size_t i) {
        const Layer& layer = network_.layers[i];
        TreeNode& parent = module(layer.module);
        if (layer.has_weights() || layer.has_gemm()) {
            TreeNode*& leaf = leaves_[layer.path];
            if (leaf == nullptr) {
                const std::size_t dot = layer.path.rfind('.');
                leaf = &child(parent, dot == std::string::npos ? layer.path : layer.path.substr(dot + 1),
                              layer.path, to_string(layer.kind));
            }
            account(i, *leaf);
        }
        for (int node = layer.module; node >= 0;
             node = network_.modules[static_cast<std::size_t>(node)].parent)
            account(i, module(node));
    }

    void account(std::size_t i, TreeNode& node) const {
        const Layer& layer = network_.layers[i];
        const std::int64_t parameters = layer.repeat * layer.parameters();
        node.parameters += parameters;
        node.macs += layer.repeat * layer.items * layer.forward_macs();
        for (std::size_t s = 0; s < stages_; ++s) {
            const LayerPlan& plan = plans_[s][i];
            StageUse& use = node.stages[s];
            if (plan.trained) use.trained += parameters;
            use.forward = use.forward || plan.forward;
            use.backward = use.backward || (plan.gradient && plan.hands_down);
        }
    }

    const Network& network_;
    std::size_t stages_;
    std::vector<std::vector<LayerPlan>> plans_;
    std::vector<TreeNode*> places_;
    std::map<std::string, TreeNode*> leaves_;
};

}  // namespace

TreeNode module_tree(const Network& network, const std::vector<Recipe>& stages) {
    return TreeMaker(network, stages).make();
}

const char* word_of(const StageUse& use, const TreeNode& node) {
    if (use.trained > 0) return use.trained == node.parameters ? "train" : "part";
    if (use.backward) return "BP";
    return use.forward ? "FF" : "-";
}

nlohmann::ordered_json tree_json(const TreeNode& node, const Network& network,
                                 const std::vector<Recipe>& stages) {
    nlohmann::ordered_json object = {{"name", node.name},
                                     {"path", node.path},
                                     {"kind", node.kind},
                                     {"repeat", node.repeat},
                                     {"parameters", node.parameters},
                                     {"macs_per_sample", node.macs},
                                     {"macs_per_token", nullptr},
                                     {"stages", nlohmann::ordered_json::object()},
                                     {"children", nlohmann::ordered_json::array()}};
    if (network.tokens > 0)
        object["macs_per_token"] = static_cast<double>(node.macs) / static_cast<double>(network.tokens);
    for (std::size_t s = 0; s < stages.size(); ++s)
        object["stages"][stages[s].name] = {{"use", word_of(node.stages[s], node)},
                                            {"trained_parameters", node.stages[s].trained}};
    for (const auto& below : node.children) object["children"].push_back(tree_json(*below, network, stages));
    return object;
}

}  // namespace satsim
