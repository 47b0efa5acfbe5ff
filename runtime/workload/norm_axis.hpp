// What the statistics of a norm are of: the channels of all positions (batch normalisation) or the elements
// of each row (LayerNorm, RMSNorm, GroupNorm).
#pragma once

#include "runtime/workload/task.hpp"

namespace satsim {

[[nodiscard]] constexpr bool is_norm(VectorOp op) {
    return op == VectorOp::NormStatistics || op == VectorOp::NormApply ||
           op == VectorOp::NormGradStatistics || op == VectorOp::NormGradApply;
}

// Of a norm's task, or what a target makes of it (`op`, `extra_bytes`): whether it is by channel. Such tasks
// have the channels' parameters as small operands, those of rows none (vector_parts.hpp). False for all other
// work.
template <class AnyWork>
[[nodiscard]] constexpr bool is_norm_by_channel(const AnyWork& work) {
    return is_norm(work.op) && work.extra_bytes > 0;
}

}  // namespace satsim
