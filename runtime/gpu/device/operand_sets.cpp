#include "runtime/gpu/device/operand_sets.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <random>

#include "runtime/numerics/fp16.hpp"

namespace satsim::gpu {
namespace {

constexpr std::size_t kAlignment = 512;
constexpr std::size_t kPatternBytes = std::size_t{1} << 22;

// What a fill repeats. The same bits in every run.
std::vector<std::uint16_t> make_pattern(Fill fill) {
    std::mt19937 generator(1);
    std::uniform_real_distribution<float> uniform(-1, 1);
    constexpr std::array<std::uint16_t, 6> kPairs{0x4, 0x8, 0xC, 0x9, 0xD, 0xE};
    std::vector<std::uint16_t> pattern(kPatternBytes / 2);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (fill == Fill::Metadata) {
            unsigned word = 0;
            for (unsigned quad = 0; quad < 4; ++quad) word |= unsigned{kPairs[generator() % 6]} << (4 * quad);
            pattern[i] = static_cast<std::uint16_t>(word);
        } else {
            pattern[i] = numerics::to_fp16(uniform(generator)).bits;
        }
    }
    if (fill == Fill::Pruned24) {
        for (std::size_t i = 0; i + 4 <= pattern.size(); i += 4) {
            const std::size_t first = generator() % 4;
            pattern[i + first] = 0;
            pattern[i + (first + 1 + generator() % 3) % 4] = 0;
        }
    }
    return pattern;
}

// Made once: every operand of every contender asks for one.
const std::vector<std::uint16_t>& pattern_of(Fill fill) {
    static std::map<Fill, std::vector<std::uint16_t>> known;
    std::vector<std::uint16_t>& pattern = known[fill];
    if (pattern.empty()) pattern = make_pattern(fill);
    return pattern;
}

void fill_memory(char* to, std::size_t bytes, Fill fill, cudaStream_t stream) {
    if (fill == Fill::Nothing || fill == Fill::Zeros) {
        check(cudaMemsetAsync(to, 0, bytes, stream), "clearing device memory");
        return;
    }
    const std::vector<std::uint16_t>& pattern = pattern_of(fill);
    std::size_t done = std::min(bytes, kPatternBytes);
    check(cudaMemcpyAsync(to, pattern.data(), done, cudaMemcpyHostToDevice, stream), "a copy to the device");
    check(cudaStreamSynchronize(stream), "a copy to the device");
    while (done < bytes) {  // doubling
        const std::size_t more = std::min(done, bytes - done);
        check(cudaMemcpyAsync(to + done, to, more, cudaMemcpyDeviceToDevice, stream),
              "filling device memory");
        done += more;
    }
}

}  // namespace

OperandSets::OperandSets(const std::vector<Operand>& operands, std::size_t l2_bytes, cudaStream_t stream) {
    for (const Operand& operand : operands) {
        offsets_.push_back(set_bytes_);
        set_bytes_ += (operand.bytes + kAlignment - 1) / kAlignment * kAlignment;
    }
    set_bytes_ = std::max(set_bytes_, kAlignment);
    sets_ = static_cast<int>(std::clamp<std::size_t>(2 * l2_bytes / set_bytes_ + 1, 1, kMostSets));
    memory_ = DeviceBuffer(set_bytes_ * static_cast<std::size_t>(sets_));
    for (std::size_t i = 0; i < operands.size(); ++i)
        fill_memory(as<char>(i, 0), operands[i].bytes, operands[i].fill, stream);
    for (int set = 1; set < sets_; ++set)
        check(cudaMemcpyAsync(at(0, set), memory_.data(), set_bytes_, cudaMemcpyDeviceToDevice, stream),
              "filling device memory");
    check(cudaStreamSynchronize(stream), "filling device memory");
}

}  // namespace satsim::gpu
