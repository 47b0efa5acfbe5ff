// Attention in one kernel, scores and probabilities on the chip (FlashAttention and its like): what any such
// kernel does and moves, and its time from a device file. docs/architecture/gpu.md#attention states the
// terms.
#pragma once

#include <string>

#include "runtime/gpu_model/vector_model.hpp"

namespace satsim::gpu {

// Multiply-accumulates of a pair of positions of a head: of two products; of the gradient's five, since it
// forms the scores again.
[[nodiscard]] std::int64_t attention_products(const AttentionShape& shape, bool gradient);
// Of all pairs that are seen.
[[nodiscard]] Macs attention_macs(const AttentionShape& shape, bool gradient);
// Each operand and result once: FP16, and a logarithm a row and head in FP32.
[[nodiscard]] Bytes attention_bytes(const AttentionShape& shape, bool gradient);

// Why the device has no such kernel for it, or "": what FlashAttention and cuDNN, with which it is measured,
// both refuse, and the gradient over one position, which cuDNN alone does.
[[nodiscard]] std::string refuses_attention(const Device& device, const AttentionShape& shape, bool gradient);
// Asks for refuses_attention() == "".
[[nodiscard]] VectorEstimate estimate(const Device& device, const AttentionShape& shape, bool gradient);

}  // namespace satsim::gpu
