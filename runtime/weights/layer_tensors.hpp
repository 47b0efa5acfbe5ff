// Which tensors a layer of a network file has in a file of weights: names and shapes.
// docs/formats/weights.md has the table.
//
// A weight is [group][tap][input channel][output channel]; the axis of groups is there only where a
// convolution has more than one. Taps are ky*kernel_w + kx; channels are those of one group, in satsim's own
// order (channels innermost: after `flatten` a feature is (row*width + column)*channels + channel). A
// transposed convolution is stored the same way, by its own inputs and outputs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/workload/network.hpp"

namespace satsim::weights {

struct LayerTensor {
    std::string name;  // "conv1.weight"
    std::vector<std::int64_t> shape;
    bool optional = false;  // statistics that no training step needs; parameters that an import leaves out
    std::string part = {};  // of a matrix: part of the layer ("qkv", "out" of attention), as its tasks say
    bool matrix = false;    // operand of GEMMs: what N:M prunes
};

[[nodiscard]] std::vector<LayerTensor> tensors_of(const Layer& layer);

}  // namespace satsim::weights
