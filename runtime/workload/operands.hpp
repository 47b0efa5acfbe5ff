// How a layer's operands meet where their sizes differ or all samples share one of them. What tasks a step
// has and how they are executed both follow from it.
#pragma once

#include <cstddef>
#include <vector>

#include "runtime/workload/network.hpp"

namespace satsim {

// The second operand of an add or mul.
enum class SecondOperand {
    SameSize,       // VEC streams both side by side
    TrainedVector,  // one value a channel for all samples, as VEC's programs for biases and norms take it
    Spread,         // over what it is smaller in; over the samples, if these share it
};

// `shared`: Network::shared_by_samples(); empty: no layer is.
[[nodiscard]] SecondOperand second_operand(const Layer& layer, const std::vector<bool>& shared);

// Whether all samples share input `input` of a layer but not what the layer makes of it: the input's gradient
// is then a sum over the samples.
[[nodiscard]] bool sums_over_samples(const Layer& layer, std::size_t input, const std::vector<bool>& shared);

// Whether a parameter's elements are taken, by an index, from a trained table of another size.
[[nodiscard]] bool read_by_index(const Layer& parameter);

}  // namespace satsim
