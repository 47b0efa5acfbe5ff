// Device work of a PyTorch profiler trace, led back to the layer and pass that launched it.
#pragma once

#include "runtime/trace_import/profile.hpp"
#include "runtime/trace_import/slices.hpp"

namespace satsim::trace_import {

// Whether a slice is work of the device ("kernel", "gpu_memcpy", "gpu_memset").
[[nodiscard]] bool is_device_work(const Slice& slice);

// `slices` sorted as SliceCollector leaves them. A kernel is found at its launch (args.correlation) or,
// without one, at the operation of the same "External id". Its layer is the innermost annotation around the
// launch (record_function, or nn.Module where the profiler was told to record modules), else the outermost
// operation. The pass is BP under autograd's engine (whose operations take the layer of the forward operation
// with the same sequence number), WU in an optimizer's step, FF otherwise.
void attribute_device_work(const std::vector<Slice>& slices, TraceProfile& profile);

}  // namespace satsim::trace_import
