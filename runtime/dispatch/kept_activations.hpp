// What the backward pass reads of the forward pass.
#pragma once

#include <vector>

#include "runtime/workload/training_plan.hpp"

namespace satsim {

// Bytes of FP16 outputs that layers with a gradient read, of `samples` samples at once; with recomputation,
// what goes into repeated modules and the inside of the largest one, and no probabilities but those of one
// layer.
[[nodiscard]] Bytes kept_activations(const Network& network, const Recipe& recipe,
                                     const std::vector<LayerPlan>& plan, std::int64_t samples);

}  // namespace satsim
