// Reads a kernel row as one run.
//
// The taps of one kernel row read neighbouring columns, which lie side by side in memory. Where the feature
// map is stored with enough columns of zeros at its sides, no tap of a row ever leaves the image row, and the
// row is one tap of kernel_width times the channels: fewer, longer runs for LOAD. The order of K stays the
// same. An input of the network is stored in a form of its own where that pays (fold_image.hpp).
#pragma once

#include "runtime/isa/program.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::schedule {

// The same GEMM with merged rows where that is possible and makes runs shorter than a line longer; otherwise
// the task itself. The input's columns of zeros are part of the returned gather (in_w); dW gets rows for
// padded channels.
[[nodiscard]] GemmTask merge_rows(const GemmTask& task, const isa::ArrayConfig& array);

}  // namespace satsim::schedule
