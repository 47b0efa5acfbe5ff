#include "runtime/comparison/module_shares.hpp"

namespace satsim {
namespace {

const std::string& share_name(const Network& network, const Layer& layer) {
    const std::string& name = network.top_module(layer);
    const bool large = layer.kind == LayerKind::Linear || layer.kind == LayerKind::Lookup;
    return has_modules(network) && layer.module <= 0 && large ? layer.name : name;
}

}  // namespace

bool has_modules(const Network& network) {
    return network.modules.size() > 1;
}

ModuleTally::ModuleTally(const Network& network) {
    std::map<std::string, std::size_t> known;
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
        const std::string& name = share_name(network, network.layers[l]);
        const auto [place, is_new] = known.emplace(name, shares_.size());
        if (is_new) shares_.push_back({name, {}, 0});
        share_of_.push_back(place->second);
        by_name_.emplace(network.layers[l].name, place->second);
    }
}

void ModuleTally::add(int layer, Stage stage, double seconds, double joules) {
    ModuleShare& share = shares_[share_of_[static_cast<std::size_t>(layer)]];
    share.seconds[static_cast<std::size_t>(stage)] += seconds;
    share.joules += joules;
}

void ModuleTally::add(const std::string& layer, const std::string& stage, double seconds, double joules) {
    ModuleShare& share = shares_[by_name_.at(layer)];
    share.seconds[stage == "FF" ? 0 : stage == "BP" ? 1 : 2] += seconds;
    share.joules += joules;
}

std::vector<ModuleShare> ModuleTally::shares() const {
    std::vector<ModuleShare> list;
    for (const ModuleShare& share : shares_)
        if (share.total_seconds() > 0 || share.joules > 0) list.push_back(share);
    return list;
}

nlohmann::ordered_json modules_json(const std::vector<ModuleShare>& shares) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const ModuleShare& share : shares)
        list.push_back(
            {{"name", share.name},
             {"seconds", share.total_seconds()},
             {"energy_j", share.joules},
             {"stages", {{"FF", share.seconds[0]}, {"BP", share.seconds[1]}, {"WU", share.seconds[2]}}}});
    return list;
}

}  // namespace satsim
