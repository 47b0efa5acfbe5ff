#include "runtime/functional/store.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <vector>

#include "runtime/functional/position_walk.hpp"

namespace satsim::functional {
namespace {

using namespace isa::store;

static_assert(std::endian::native == std::endian::little, "buffers are copied byte for byte");

enum SourceKind : std::int64_t { kResult = 0, kVmem = 1, kZero = 2 };

void write_wrapped(MemoryImage& dram, std::int64_t address, std::span<const std::uint8_t> data) {
    const std::int64_t to_end = static_cast<std::int64_t>(kAddressMask) + 1 - address;
    const auto first = static_cast<std::size_t>(std::min(to_end, static_cast<std::int64_t>(data.size())));
    dram.write(address, data.first(first));
    if (first < data.size()) dram.write(0, data.subspan(first));
}

// Whether one of the values is infinite or NaN.
bool holds_nonfinite(std::span<const std::uint8_t> data, bool fp16) {
    const auto any = [data]<typename Bits>(Bits exponent) {
        for (std::size_t byte = 0; byte + sizeof exponent <= data.size(); byte += sizeof exponent) {
            Bits bits{};
            std::memcpy(&bits, data.data() + byte, sizeof bits);
            if ((bits & exponent) == exponent) return true;
        }
        return false;
    };
    return fp16 ? any(std::uint16_t{0x7C00}) : any(std::uint32_t{0x7F800000});
}

// The first bytes of a result address: FP32 values, or the FP16 in their low halves.
void gather_row(const std::uint32_t* row, bool fp16, std::span<std::uint8_t> data) {
    if (!fp16) {
        std::memcpy(data.data(), row, data.size());
        return;
    }
    for (std::size_t byte = 0; byte < data.size(); byte += 2, ++row) {
        const auto half = static_cast<std::uint16_t>(*row);
        std::memcpy(data.data() + byte, &half, sizeof half);
    }
}

// The bytes of position i. Consecutive elements are consecutive in the result buffer: address and column are
// its two dimensions.
void gather(const Operation& op, const OnChipState& state, std::int64_t i, std::vector<std::uint8_t>& data) {
    if (op[src_kind] == kVmem) {
        const std::int64_t word = op[src] + i * (op[len] / 8);
        std::memcpy(data.data(), state.vmem.data() + word, data.size());
    } else if (op[src_kind] == kResult) {
        const auto row_bytes = static_cast<std::size_t>(state.config.columns) * (op.has(kFp16) ? 2 : 4);
        std::int64_t address = op[src] + i * op[sc];
        for (std::span<std::uint8_t> left = data; !left.empty(); ++address) {
            const auto part = left.first(std::min(left.size(), row_bytes));
            gather_row(state.result_row(address), op.has(kFp16), part);
            left = left.subspan(part.size());
        }
    }
}

}  // namespace

void execute_store(const Operation& op, OnChipState& state, MemoryImage& dram) {
    check_operation(op, state.config);
    std::vector<std::uint8_t> data(static_cast<std::size_t>(op[len]));
    const Position start{op[b0], op[y0], op[x0]};
    walk_positions(op, op[grid_w], op[grid_h], op[count], op.has(kSeek) ? &start : nullptr, op.has(kAdvance),
                   state.store_position, [&](std::int64_t i, const Position& p) {
                       gather(op, state, i, data);
                       if (op[src_kind] == kResult && holds_nonfinite(data, op.has(kFp16)))
                           state.nonfinite = true;
                       write_wrapped(dram, tensor_address(op[base], p.b, op[pb], p.y, op[py], p.x, op[px]),
                                     data);
                   });
}

}  // namespace satsim::functional
