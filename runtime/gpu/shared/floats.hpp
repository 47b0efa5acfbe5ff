// Work on FP32 tensors: sums of weight gradients (micro-batches, shared weights), and the total of the losses
// of rows.
#pragma once

#include <cstdint>

#include "runtime/gpu/shared/host_device.hpp"

namespace satsim::gpu {

struct FloatArguments {
    const float* in[2] = {};  // the total: in[0] alone
    float* out = nullptr;     // the total: one value
    std::int64_t elements = 0;
};

SATSIM_HD inline void add_floats(const FloatArguments& a, std::int64_t i) {
    if (i < a.elements) a.out[i] = a.in[0][i] + a.in[1][i];
}

// The total, by one block: a thread adds every kTotalThreads-th element ascending, then thread 0 the threads'
// sums in their order, so that the result does not depend on scheduling.
inline constexpr int kTotalThreads = 256;
struct TotalTile {
    float sums[kTotalThreads];
};
// Phase 0.
SATSIM_HD inline void sum_share(const FloatArguments& a, int thread, TotalTile& tile) {
    float sum = 0;
    for (std::int64_t i = thread; i < a.elements; i += kTotalThreads) sum += a.in[0][i];
    tile.sums[thread] = sum;
}
// Phase 1.
SATSIM_HD inline void fold_shares(const FloatArguments& a, int thread, const TotalTile& tile) {
    if (thread != 0) return;
    float sum = 0;
    for (int t = 0; t < kTotalThreads; ++t) sum += tile.sums[t];
    a.out[0] = sum;
}

}  // namespace satsim::gpu
