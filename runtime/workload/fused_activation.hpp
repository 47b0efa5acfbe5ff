// ReLUs that the layer before applies as it writes its output: a pass over the tensor less.
#pragma once

#include "runtime/workload/network.hpp"

namespace satsim {

// Sets Layer::applies_relu and Layer::fused where a ReLU is the only reader of a layer beside it (in the same
// copy of the same list) that ends in vector work which SAT's VEC, like the field's GPU libraries, can clip
// as it writes: batch norms, sums of two tensors of one size, biases of convolutions and of linear layers
// with one weight. Bits do not change: clipping and rounding to FP16 commute. The ReLU's gradient reads its
// own output, so nothing needs what was there before.
void fuse_activations(Network& network);

}  // namespace satsim
