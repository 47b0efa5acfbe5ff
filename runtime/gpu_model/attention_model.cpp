#include "runtime/gpu_model/attention_model.hpp"

#include <algorithm>

namespace satsim::gpu {
namespace {

// Positions that a block takes of its own and of the others at a time.
constexpr std::int64_t kBlock = 128;
constexpr Bytes kHalf = 2;
// Channels of a head, as FlashAttention-2 and cuDNN take them.
constexpr std::int64_t kLargestHead = 256;
constexpr std::int64_t kHeadUnit = 8;  // 16 bytes, as they are copied

// Pairs that the blocks of a head compute, whole blocks wherever one of their pairs is seen.
struct BlockPairs {
    std::int64_t all = 0;
    std::int64_t most = 0;  // of one block of queries
    std::int64_t blocks = 0;
};
BlockPairs block_pairs(const AttentionShape& s) {
    BlockPairs pairs;
    for (std::int64_t first = 0; first < s.queries; first += kBlock) {
        std::int64_t begin = 0;
        std::int64_t end = s.keys;
        if (s.causal) {
            end = std::min(first + kBlock, s.keys);
            if (s.window > 0) begin = std::max<std::int64_t>(0, first + 1 - s.window) / kBlock * kBlock;
        }
        const std::int64_t of_block = kBlock * round_up(end - begin, kBlock);
        pairs.all += of_block;
        pairs.most = std::max(pairs.most, of_block);
        ++pairs.blocks;
    }
    return pairs;
}

}  // namespace

std::string refuses_attention(const Device& device, const AttentionShape& s, bool gradient) {
    if (device.kernels.attention_efficiency.value <= 0) return "no kernel of whole attention";
    if (std::max(s.query_size, s.value_size) > kLargestHead) return "heads above 256 channels";
    if (s.query_size % kHeadUnit != 0 || s.value_size % kHeadUnit != 0)
        return "heads of no multiple of 8 channels";
    if (gradient && s.queries == 1 && s.keys == 1) return "a gradient over a single position";
    return "";
}

VectorEstimate estimate(const Device& device, const AttentionShape& s, bool gradient) {
    const KernelFigures& kernels = device.kernels;
    const BlockPairs pairs = block_pairs(s);
    const std::int64_t heads = s.sequences * s.heads;
    const auto sms = static_cast<std::int64_t>(device.compute.sm_count.value);
    // Blocks one after another on the SMs: equal ones in whole waves; those of causal attention differ, the
    // longest begin first, and what is left fills up.
    const std::int64_t busiest = s.causal ? std::max(pairs.most, ceil_div(heads * pairs.all, sms))
                                          : pairs.most * ceil_div(heads * pairs.blocks, sms);
    const double flops_of_pair = 2.0 * static_cast<double>(attention_products(s, gradient));
    const Figure& efficiency =
        gradient ? kernels.attention_gradient_efficiency : kernels.attention_efficiency;
    VectorEstimate e;
    e.dram_bytes = attention_bytes(s, gradient);
    // A kernel before it reads the result and its gradient, whose products' sums the rows need.
    if (gradient) e.dram_bytes += 2 * kHalf * heads * s.queries * s.value_size;
    const auto bytes = static_cast<double>(e.dram_bytes);
    e.memory_s = bytes / (device.memory.bandwidth.value * kernels.memory_efficiency.value);
    e.compute_s = static_cast<double>(busiest * sms) * flops_of_pair /
                  (device.compute.tensor_dense.value * efficiency.value);
    const double flops = static_cast<double>(heads * pairs.all) * flops_of_pair;
    constexpr double kSoftmaxFlops = 5;   // of a pair; as the step counts them
    constexpr double kGradientFlops = 4;  // more
    const double scalar_flops =
        static_cast<double>(heads * s.pairs()) * (kSoftmaxFlops + (gradient ? kGradientFlops : 0));
    e.dynamic_j = flops * device.power.tensor_flop.value + scalar_flops * device.power.fp32_flop.value +
                  bytes * device.power.dram_byte.value;
    e.power_s = e.dynamic_j / device.power.left();
    e.launch_s = (gradient ? 2 : 1) * kernels.launch_overhead.value;
    e.seconds = e.launch_s + std::max({e.memory_s, e.compute_s, e.power_s});
    return e;
}

}  // namespace satsim::gpu
