// Work as calls of the own 2:4 kernel. No CUDA here: the CPU tests look at it too.
#pragma once

#include <string>
#include <vector>

#include "runtime/gpu/shared/compressed24.hpp"
#include "runtime/gpu/shared/gather.hpp"
#include "runtime/gpu_record/work.hpp"

namespace satsim::gpu {

struct SparseCalls {
    std::string refused;               // why the kernel cannot do it, or ""
    Compressed24Shape weights;         // one compressed matrix for all calls
    std::vector<GatherView> views;     // one call a phase
    std::int64_t map_elements = 0;     // FP16 read ...
    std::int64_t result_elements = 0;  // ... and written
    std::int64_t bias_elements = 0;    // FP16, one of each output channel; 0: no bias
};

[[nodiscard]] SparseCalls sparse_calls(const Work& work);

}  // namespace satsim::gpu
