// What attention multiplies and moves, whatever the device: a file by itself, since the GPU's module needs no
// more of the model.
#include "runtime/gpu_model/attention_model.hpp"

namespace satsim::gpu {

std::int64_t attention_products(const AttentionShape& s, bool gradient) {
    return gradient ? 3 * s.query_size + 2 * s.value_size : s.query_size + s.value_size;
}

Macs attention_macs(const AttentionShape& s, bool gradient) {
    return s.sequences * s.heads * s.pairs() * attention_products(s, gradient);
}

Bytes attention_bytes(const AttentionShape& s, bool gradient) {
    constexpr Bytes kHalf = 2;
    constexpr Bytes kFloat = 4;
    const std::int64_t queries = s.queries * s.heads * s.query_size;
    const std::int64_t results = s.queries * s.heads * s.value_size;
    const std::int64_t keys = s.keys * s.kv_heads * (s.query_size + s.value_size);
    // The backward pass reads what the forward one read and wrote and the result's gradient, and writes
    // three.
    const std::int64_t halves = gradient ? 2 * queries + 2 * results + 2 * keys : queries + results + keys;
    return s.sequences * (kHalf * halves + kFloat * s.queries * s.heads);
}

}  // namespace satsim::gpu
