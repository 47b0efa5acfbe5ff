#include <nlohmann/json.hpp>

#include "runtime/workload/network.hpp"

namespace satsim {

using nlohmann::json;

json describe(const Network& network, std::int64_t batch) {
    json layers = json::array();
    const std::vector<bool> hands_down = network.hands_gradient_down();
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const Layer& layer = network.layers[i];
        const std::int64_t times = layer.repeat * layer.items;
        const Macs macs = times * layer.forward_macs();
        // Products of activations have no weight; each has two gradients, but distances to a codebook none.
        const Macs weighted = times * layer.weight_macs();
        const Macs products = layer.kind == LayerKind::Quantize ? 0 : macs - weighted;
        layers.push_back(
            {{"name", layer.name},
             {"kind", to_string(layer.kind)},
             {"output_shape", {layer.out.channels, layer.out.height, layer.out.width}},
             {"parameters", layer.repeat * layer.parameters()},
             {"repeat", layer.repeat},
             {"items", layer.items},
             {"activation_bytes", Network::activation_bytes(layer)},
             {"macs",
              {{"FF", macs}, {"BP", (hands_down[i] ? weighted : 0) + 2 * products}, {"WU", weighted}}}});
    }
    return {{"name", network.name},
            {"batch", batch},
            {"parameters", network.parameters()},
            {"forward_macs_per_sample", network.forward_macs()},
            {"activation_bytes", network.activation_bytes(batch)},
            {"layers", layers}};
}

}  // namespace satsim
