// FP16 activations that a step keeps for its backward pass, layer by layer.
#pragma once

#include <vector>

#include "runtime/recipe/recipe.hpp"
#include "runtime/workload/network.hpp"
#include "runtime/workload/training_plan.hpp"

namespace satsim {

// Of one layer, all its repetitions, items and samples.
struct KeptActivation {
    Bytes always = 0;   // from FF to BP
    Bytes inside = 0;   // while one copy of its repeated module is formed again
    Bytes briefly = 0;  // probabilities that are formed again: of one layer at a time
    int region = -1;    // whose copy `inside` is part of
};

// One entry a layer. `samples`: of one micro-batch. What is kept of a network's input counts as its first
// reader's.
[[nodiscard]] std::vector<KeptActivation> kept_activations(const Network& network, const Recipe& recipe,
                                                           const std::vector<LayerPlan>& plan,
                                                           std::int64_t samples);

// Room for layers together, a machine's share or all: copies that are formed again take turns.
class ActivationRoom {
  public:
    void add(const KeptActivation& layer);
    [[nodiscard]] Bytes bytes() const;

  private:
    Bytes always_ = 0;
    Bytes briefly_ = 0;
    std::vector<Bytes> inside_;  // of each region
};

}  // namespace satsim
