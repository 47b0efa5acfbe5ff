// The weights of a layer that GEMMs read.
#pragma once

#include "runtime/workload/network.hpp"
#include "runtime/workload/task.hpp"

namespace satsim {

// [group][tap][input channel][output channel]; several sets of weights one after the other; attention: all
// projections side by side. rows == 0: no GEMM reads any.
[[nodiscard]] MatrixShape weight_shape(const Layer& layer);

}  // namespace satsim
