// The documents that sweeps of these tests start from.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "runtime/recipe/recipe.hpp"
#include "runtime/support/json_cursor.hpp"
#include "runtime/sweep/configurations.hpp"

namespace satsim::sweep::test {

// Names as in models/; networks of one convolution and one classifier: milliseconds a point.
inline nlohmann::json load(Document document, const std::string& name) {
    const std::string models = std::string(SATSIM_SOURCE_DIR) + "/models";
    if (document == Document::Hardware) return parse_json_file(models + "/hardware/" + name + ".json");
    if (document == Document::Recipe) return load_recipe_document(name, models);
    return nlohmann::json::parse(R"({
      "name": "small", "source": "test", "batch": 2, "input": {"channels": 16, "height": 8, "width": 8},
      "layers": [
        {"name": "conv1", "kind": "conv", "out": 16, "kernel": 3, "pad": 1},
        {"name": "conv2", "kind": "conv", "out": 32, "kernel": 3, "stride": 2, "pad": 1},
        {"name": "relu", "kind": "relu"}, {"name": "pool", "kind": "globalpool"},
        {"name": "flat", "kind": "flatten"}, {"name": "fc", "kind": "linear", "out": 10, "bias": true},
        {"name": "loss", "kind": "loss"}]})");
}

// `rest`: the fields behind "base".
inline SweepFile sweep_of(const std::string& rest) {
    return parse_sweep(R"({"format": "satsim-sweep", "version": 1, "name": "test",
        "base": {"network": "small", "hardware": "sat4-slice", "recipe": "bdwp-2:8"}, )" +
                           rest + "}",
                       "test.json");
}

}  // namespace satsim::sweep::test
