#include "runtime/cpu/stream.hpp"

#include <algorithm>
#include <array>

#include "runtime/cpu/workers.hpp"
#include "runtime/support/types.hpp"

namespace satsim::cpu {
namespace {

constexpr std::int64_t kBlock = 1024;     // floats that stay in L1
constexpr std::int64_t kLeast = 1 << 15;  // floats that are worth a thread

}  // namespace

StreamBytes stream_bytes(const gpu::VectorWork& w) {
    return {w.elements * (2 * w.reads_fp16 + 4 * w.reads_fp32) + w.extra_bytes,
            w.elements * (2 * w.writes_fp16 + 4 * w.writes_fp32)};
}

void stream(const gpu::VectorWork& work, const float* in, float* out) {
    const StreamBytes bytes = stream_bytes(work);
    const std::int64_t reads = ceil_div<std::int64_t>(bytes.read, 4);
    const std::int64_t writes = ceil_div<std::int64_t>(bytes.written, 4);
    const std::int64_t blocks = ceil_div(std::max({reads, writes, std::int64_t{1}}), kBlock);
    // Of each tensor, so that reads and writes advance together; at most kBlock.
    const std::int64_t read_each = ceil_div(reads, blocks);
    const std::int64_t written_each = ceil_div(writes, blocks);
    const std::int64_t operations = ceil_div(work.elements, blocks) * (work.flops_per_element - 1);
    const std::int64_t passes = operations > 0 ? ceil_div(operations, kBlock) : 0;
    share(blocks, kLeast / kBlock, [&](std::int64_t begin, std::int64_t end) {
        std::array<float, kBlock> block{};
        for (std::int64_t b = begin; b < end; ++b) {
            const float* from = in + std::min(b * read_each, reads);
            const std::int64_t read = std::min(read_each, std::max<std::int64_t>(reads - b * read_each, 0));
            for (std::int64_t i = 0; i < read; ++i) block[static_cast<std::size_t>(i)] += from[i];
            for (std::int64_t pass = 0; pass < passes; ++pass)
                for (float& x : block) x = x * 0.5F + 0.25F;
            const std::int64_t written =
                std::min(written_each, std::max<std::int64_t>(writes - b * written_each, 0));
            std::copy_n(block.data(), written, out + std::min(b * written_each, writes));
        }
    });
}

}  // namespace satsim::cpu
