#include "runtime/workload/training_plan.hpp"

#include <algorithm>

#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim {
namespace {

bool matches(const Network& network, const Layer& layer, const std::string& pattern) {
    return pattern == "*" || network.lies_in(layer, pattern);
}

bool matches_any(const Network& network, const Layer& layer, const std::vector<std::string>& patterns) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return matches(network, layer, pattern); });
}

void require_known(const Network& network, const Recipe& recipe, const std::vector<std::string>& names,
                   const char* field) {
    for (const std::string& name : names) {
        const bool known = std::any_of(network.layers.begin(), network.layers.end(),
                                       [&](const Layer& layer) { return matches(network, layer, name); });
        if (!known)
            throw InputError("recipe " + recipe.name, field,
                             "names " + shown(name) + ", which is no layer or module of " + network.name);
    }
}

void require_losses(const Network& network, const Recipe& recipe) {
    for (const auto& loss : recipe.losses) {
        const std::string& name = loss.first;
        const bool known = std::any_of(
            network.layers.begin(), network.layers.end(),
            [&name](const Layer& layer) { return layer.kind == LayerKind::Loss && layer.path == name; });
        if (!known)
            throw InputError("recipe " + recipe.name, "/losses",
                             "names " + shown(name) + ", which is no loss of " + network.name);
    }
}

// Ends of the network: what makes the layers before them run, and where gradients come from.
void mark_ends(const Network& network, const Recipe& recipe, std::vector<LayerPlan>& plan) {
    std::vector<bool> read(network.layers.size(), false);
    bool has_loss = false;
    for (const Layer& layer : network.layers) {
        has_loss = has_loss || layer.kind == LayerKind::Loss;
        for (const int input : layer.inputs)
            if (input >= 0) read[static_cast<std::size_t>(input)] = true;
    }
    for (std::size_t i = 0; i < plan.size(); ++i) {
        const Layer& layer = network.layers[i];
        const bool loss = layer.kind == LayerKind::Loss;
        const bool counts = layer.items > 0 && (!loss || loss_counts(recipe, layer));
        plan[i].forward = counts && (loss || !read[i]);
        plan[i].gradient = counts && (has_loss ? loss : !read[i]);
    }
}

}  // namespace

bool loss_counts(const Recipe& recipe, const Layer& loss) {
    const auto found = recipe.losses.find(loss.path);
    return found == recipe.losses.end() || found->second > 0;
}

std::vector<LayerPlan> plan_training(const Network& network, const Recipe& recipe) {
    require_known(network, recipe, recipe.train, "/train");
    require_known(network, recipe, recipe.freeze, "/freeze");
    require_known(network, recipe, recipe.dense_layers, "/dense_layers");
    require_losses(network, recipe);
    std::vector<LayerPlan> plan(network.layers.size());
    mark_ends(network, recipe, plan);
    // From the ends backwards: what they read runs, and gets a gradient where they have one.
    for (std::size_t i = plan.size(); i-- > 0;) {
        const bool runs = network.layers[i].items > 0;
        plan[i].forward = plan[i].forward && runs;
        plan[i].gradient = plan[i].gradient && runs;
        for (const int input : network.layers[i].inputs) {
            if (input < 0) continue;
            LayerPlan& below = plan[static_cast<std::size_t>(input)];
            below.forward = below.forward || plan[i].forward;
            below.gradient = below.gradient || plan[i].gradient;
        }
    }
    // And forwards: what is trained, and where something below is.
    for (std::size_t i = 0; i < plan.size(); ++i) {
        const Layer& layer = network.layers[i];
        bool trained = recipe.train.empty() ? layer.trainable : matches_any(network, layer, recipe.train);
        trained = trained && !matches_any(network, layer, recipe.freeze);
        plan[i].trained = plan[i].gradient && layer.parameters() > 0 && trained;
        if (layer.tied >= 0)
            plan[i].trained = plan[i].gradient && plan[static_cast<std::size_t>(layer.tied)].trained;
        plan[i].hands_down = std::any_of(layer.inputs.begin(), layer.inputs.end(), [&](int input) {
            if (input < 0) return false;
            const LayerPlan& below = plan[static_cast<std::size_t>(input)];
            return below.trained || below.hands_down;
        });
        plan[i].gradient = plan[i].gradient && (plan[i].trained || plan[i].hands_down);
    }
    return plan;
}

}  // namespace satsim
