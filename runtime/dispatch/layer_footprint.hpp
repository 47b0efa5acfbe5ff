// What each layer of a step needs of memory, so that a machine's share can be added up where the layers of a
// step are on several machines.
#pragma once

#include <vector>

#include "runtime/dispatch/capacity.hpp"
#include "runtime/dispatch/kept_activations.hpp"

namespace satsim {

// All repetitions of the layer, without its activations (kept_activations.hpp). In bytes.
struct LayerFootprint {
    Bytes gradient = 0;       // of its output, FP16, of one micro-batch
    Bytes master = 0;         // FP32
    Bytes forward_copy = 0;   // FP16, packed where N:M: what FF reads
    Bytes backward_copy = 0;  // what BP alone reads
    // SDGP prunes the gradient, not the weight, and multiplies it with FF's copy.
    bool backward_reads_forward_copy = false;
    Bytes optimizer_state = 0;
    Bytes weight_gradients = 0;         // FP32 dW, if all were kept
    Bytes largest_weight_gradient = 0;  // of one task
};

[[nodiscard]] std::vector<LayerFootprint> layer_footprints(const Network& network, const Recipe& recipe,
                                                           const TrainingStep& step);

// Room for layers and what is kept on one machine.
class FootprintSum {
  public:
    void add(const LayerFootprint& layer);
    // `made_here`: on this machine, not another.
    void add(const KeptActivation& tensor, bool made_here = true);
    [[nodiscard]] Footprint footprint(std::int64_t micro_batches) const;

  private:
    Footprint sum_;
    ActivationRoom made_;
    ActivationRoom kept_;  // made here or received
    Bytes largest_weight_gradient_ = 0;
};

// Of what an optimizer's task writes beside the update (extra_bytes), the copy that BP reads; the rest is
// FF's.
[[nodiscard]] Bytes backward_copy_bytes(const VectorTask& optimizer);

}  // namespace satsim
