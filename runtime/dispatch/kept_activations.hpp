// FP16 activations that a step keeps for its backward pass, tensor by tensor.
#pragma once

#include <vector>

#include "runtime/recipe/recipe.hpp"
#include "runtime/workload/network.hpp"
#include "runtime/workload/training_plan.hpp"

namespace satsim {

// Of all repetitions, items and samples of the layer. In bytes.
struct KeptActivation {
    Bytes always = 0;   // from FF to BP
    Bytes inside = 0;   // while one copy of its repeated module is formed again
    Bytes briefly = 0;  // probabilities that are formed again: of one layer at a time
    int region = -1;    // whose copy `inside` is part of
};

enum class KeptWhat {
    Output,         // of the layer
    Inner,          // queries, keys and values that an attention makes itself
    Probabilities,  // of an attention
    Input           // of the network: number `layer`
};

struct KeptTensor {
    int layer = 0;
    KeptWhat what = KeptWhat::Output;
    KeptActivation room;
};

// Every tensor that is kept, those of a layer behind each other. Where modules are recomputed, an output that
// is read inside of its module's copy and outside is two: the copies that are formed again, and what is kept
// always. `samples`: of one micro-batch.
[[nodiscard]] std::vector<KeptTensor> kept_tensors(const Network& network, const Recipe& recipe,
                                                   const std::vector<LayerPlan>& plan, std::int64_t samples);

// A range or another shape of the same memory, or a ReLU that the layer before applies: its readers read what
// it is a view of.
[[nodiscard]] bool is_view(const Layer& layer);

// Room for tensors together, a machine's share or all: copies that are formed again take turns.
class ActivationRoom {
  public:
    void add(const KeptActivation& tensor);
    [[nodiscard]] Bytes bytes() const;

  private:
    Bytes always_ = 0;
    Bytes briefly_ = 0;
    std::vector<Bytes> inside_;  // of each region
};

}  // namespace satsim
