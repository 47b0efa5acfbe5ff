// A network as a tree of modules and layers with weights or GEMMs: parameters, multiply-accumulates, and what
// each of several recipes makes of them.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "runtime/recipe/recipe.hpp"
#include "runtime/workload/network.hpp"

namespace satsim {

// What a recipe does with a module's layers.
struct StageUse {
    std::int64_t trained = 0;  // parameters that it updates
    bool forward = false;      // FF runs
    bool backward = false;     // a gradient goes through
};

struct TreeNode {
    std::string name;
    std::string path;
    std::string kind;  // the module's or block's name, or the layer's kind
    bool is_module = false;
    std::int64_t repeat = 1;       // within its parent
    std::int64_t parameters = 0;   // of all repetitions
    Macs macs = 0;                 // forward, of a sample, all items and repetitions
    std::vector<StageUse> stages;  // one a recipe
    std::vector<std::unique_ptr<TreeNode>> children;
};

// The root is the network itself. Throws InputError when a recipe does not fit the network.
[[nodiscard]] TreeNode module_tree(const Network& network, const std::vector<Recipe>& stages);

// "train", "part" (some of it is trained), "BP" (frozen, a gradient goes through), "FF" (frozen), "-" (does
// not run).
[[nodiscard]] const char* word_of(const StageUse& use, const TreeNode& node);

// {name, path, kind, repeat, parameters, macs_per_sample, macs_per_token, stages: {recipe: {use,
// trained_parameters}}, children}. macs_per_token: of the sample's main stream; null where there is none.
[[nodiscard]] nlohmann::ordered_json tree_json(const TreeNode& node, const Network& network,
                                               const std::vector<Recipe>& stages);

}  // namespace satsim
