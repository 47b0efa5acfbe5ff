// A BlockTiming in the cache.
#include "runtime/synth/timing.hpp"

namespace satsim::synth {
namespace {

using nlohmann::json;

json ways_json(const std::map<std::string, Way, std::less<>>& ways) {
    json object = json::object();
    for (const auto& [bit, way] : ways) object[bit] = {way.ns, way.levels, way.end};
    return object;
}

std::map<std::string, Way, std::less<>> ways_from(const json& object) {
    std::map<std::string, Way, std::less<>> ways;
    for (const auto& [bit, way] : object.items())
        ways[bit] = {way.at(0).get<double>(), way.at(1).get<int>(), way.at(2).get<std::string>()};
    return ways;
}

}  // namespace

json to_json(const BlockTiming& timing) {
    json through = json::array();
    for (const Through& way : timing.through) through.push_back({way.input, way.output, way.ns, way.levels});
    const Path& path = timing.longest;
    return {{"setup", ways_json(timing.setup)},
            {"launch", ways_json(timing.launch)},
            {"through", through},
            {"longest", {{"ns", path.ns}, {"levels", path.levels}, {"from", path.from}, {"to", path.to}}}};
}

BlockTiming timing_from_json(const json& document) {
    BlockTiming timing;
    timing.setup = ways_from(document.at("setup"));
    timing.launch = ways_from(document.at("launch"));
    for (const json& way : document.at("through")) {
        timing.through.push_back({way.at(0).get<std::string>(), way.at(1).get<std::string>(),
                                  way.at(2).get<double>(), way.at(3).get<int>()});
    }
    const json& path = document.at("longest");
    timing.longest = {path.at("ns").get<double>(), path.at("levels").get<int>(),
                      path.at("from").get<std::string>(), path.at("to").get<std::string>()};
    return timing;
}

}  // namespace satsim::synth
