// The ablation "no pre-generation": packed weights are made on demand before every FF and BP instead of once
// by the optimizer.
#pragma once

#include "runtime/workload/task.hpp"

namespace satsim {

// The same step in which the optimizer writes dense FP16 copies only (one, and a transposed one where BP is
// dense), and every sparse GEMM on weights is preceded by a Prune task that reads the first and writes values
// and indices.
[[nodiscard]] TrainingStep without_pregeneration(const TrainingStep& step);

}  // namespace satsim
