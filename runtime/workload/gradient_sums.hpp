// A layer that several others read gets a gradient from each; they are added.
#pragma once

#include <vector>

#include "runtime/workload/layer_tasks.hpp"
#include "runtime/workload/training_plan.hpp"

namespace satsim {

// Whether a layer is a range of its input that readers address: its gradient is a part of the input's. The
// first token is a slice of the width.
[[nodiscard]] bool is_slice(const Layer& layer);

// Of each of several slices of one layer along one axis, the tensor that its gradient is written into: the
// fewest tensors of which none has slices that overlap. Slices of different steps overlap where their ranges
// do.
[[nodiscard]] std::vector<int> slice_tensors(const std::vector<const Layer*>& slices);

class GradientSums {
  public:
    // Readers to which no gradient comes (`plan`) give none.
    GradientSums(const Network& network, const std::vector<LayerPlan>& plan);
    // Adds up what reaches the output of layer `index`. Slices that do not overlap write into one gradient,
    // side by side, and count as one reader; what none of them covers is filled with zeros. So do selections
    // of positions.
    void append(const StepContext& context, int index, std::vector<Task>& tasks) const;

  private:
    const Network& network_;
    std::vector<std::vector<int>> readers_;  // of each layer, one entry a use
};

}  // namespace satsim
