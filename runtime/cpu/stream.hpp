// Vector work on the CPU: reads and writes the bytes of an operation and does as many operations an element,
// on all threads. It is not the operation itself.
#pragma once

#include "runtime/gpu_record/work.hpp"

namespace satsim::cpu {

struct StreamBytes {
    std::int64_t read = 0;
    std::int64_t written = 0;
};
[[nodiscard]] StreamBytes stream_bytes(const gpu::VectorWork& work);

// `in` holds stream_bytes().read bytes of floats, `out` stream_bytes().written; both rounded up to whole
// floats.
void stream(const gpu::VectorWork& work, const float* in, float* out);

}  // namespace satsim::cpu
