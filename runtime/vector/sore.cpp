#include "runtime/vector/sore.hpp"

#include <algorithm>

#include "runtime/support/stored_pattern.hpp"

namespace satsim::vector {
namespace {

constexpr std::uint16_t kMagnitude = 0x7FFF;
constexpr int kMaxGroup = 16;

// Part `index` of `bits` bits of the array of such parts that begins at `word`.
void put(std::span<std::uint64_t> vmem, std::int64_t word, std::int64_t index, int bits,
         std::uint64_t value) {
    const std::int64_t parts = 64 / bits;
    std::uint64_t& target = vmem[static_cast<std::size_t>(word + index / parts)];
    const auto shift = static_cast<unsigned>(index % parts * bits);
    const std::uint64_t mask = ((std::uint64_t{1} << bits) - 1) << shift;
    target = (target & ~mask) | (value << shift);
}

}  // namespace

std::uint32_t keep_mask(std::span<const std::uint16_t> group, int n) {
    std::uint32_t kept = 0;
    for (std::size_t e = 0; e < group.size(); ++e) {
        const int magnitude = group[e] & kMagnitude;
        int before = 0;  // elements that rank ahead of e
        for (std::size_t other = 0; other < group.size(); ++other) {
            const int theirs = group[other] & kMagnitude;
            before += (theirs > magnitude || (theirs == magnitude && other < e)) ? 1 : 0;
        }
        if (before < n) kept |= 1U << e;
    }
    return kept;
}

std::uint32_t keep_mask(std::span<const std::uint16_t> group, const NmPattern& nm) {
    const auto m = static_cast<std::size_t>(nm.m);
    std::uint32_t kept = 0;
    for (std::size_t first = 0; first < group.size(); first += m)
        kept |= keep_mask(group.subspan(first, m), nm.n) << first;
    return kept;
}

void SoreBlock::keep_along_rows(const NmPattern& nm, std::vector<std::uint8_t>& kept) const {
    kept.assign(values_.size(), 1);
    if (nm.dense()) return;
    std::array<std::uint16_t, kMaxGroup> group{};
    const auto m = static_cast<std::size_t>(nm.m);
    for (int first = 0; first < kBlockRows; first += nm.m) {
        for (int lane = 0; lane < lanes_; ++lane) {
            for (int e = 0; e < nm.m; ++e) group[static_cast<std::size_t>(e)] = at(first + e, lane);
            const std::uint32_t mask = keep_mask(std::span(group).first(m), nm.n);
            for (int e = 0; e < nm.m; ++e)
                kept[static_cast<std::size_t>((first + e) * lanes_ + lane)] = mask >> e & 1U;
        }
    }
}

void SoreBlock::pack(const Parameters& p, std::int64_t slice, std::int64_t block,
                     std::span<std::uint64_t> vmem) const {
    if (p.nm_f) pack_along_rows(p, slice, block, vmem);
    if (p.nm_b) pack_along_columns(p, slice, block, vmem);
}

void SoreBlock::pack_along_rows(const Parameters& p, std::int64_t slice, std::int64_t block,
                                std::span<std::uint64_t> vmem) const {
    const NmPattern nm = stored_pattern(*p.nm_f);
    const std::int64_t columns = p.packed_columns();
    const std::int64_t first_column = slice * lanes_;
    const auto valid = static_cast<int>(std::min<std::int64_t>(lanes_, columns - first_column));
    const std::int64_t block_rows = std::min<std::int64_t>(kBlockRows, p.rows - block * kBlockRows);
    std::array<std::uint16_t, kMaxGroup> group{};
    for (int first = 0; first < block_rows; first += nm.m) {
        const std::int64_t packed_row = (block * kBlockRows + first) / nm.m * nm.n;
        for (int lane = 0; lane < valid; ++lane) {
            for (int e = 0; e < nm.m; ++e) group[static_cast<std::size_t>(e)] = at(first + e, lane);
            const std::uint32_t mask =
                keep_mask(std::span(group).first(static_cast<std::size_t>(nm.m)), *p.nm_f);
            std::int64_t at_element = packed_row * columns + first_column + lane;
            for (int e = 0; e < nm.m; ++e) {
                if ((mask >> e & 1U) == 0) continue;
                const bool exists = first + e < block_rows && first_column + lane < p.channels;
                put(vmem, p.results[3], at_element, 16, group[static_cast<std::size_t>(e)]);
                if (!nm.dense())
                    put(vmem, p.results[4], at_element, 4, exists ? static_cast<std::uint64_t>(e) : 0);
                at_element += columns;
            }
        }
    }
}

void SoreBlock::pack_along_columns(const Parameters& p, std::int64_t slice, std::int64_t block,
                                   std::span<std::uint64_t> vmem) const {
    const NmPattern nm = stored_pattern(*p.nm_b);
    const std::int64_t pitch = ceil_div<std::int64_t>(p.rows, kBlockRows) * kBlockRows;  // elements
    const std::int64_t first_column = slice * lanes_;
    const std::int64_t valid =
        std::min<std::int64_t>(lanes_, round_up<std::int64_t>(p.channels, nm.m) - first_column);
    for (int first = 0; first < valid; first += nm.m) {
        const std::int64_t packed_row = (first_column + first) / nm.m * nm.n;
        for (int r = 0; r < kBlockRows; ++r) {
            const auto begin = values_.begin() + r * lanes_ + first;
            const std::span<const std::uint16_t> group(begin, begin + nm.m);
            const std::uint32_t mask = keep_mask(group, *p.nm_b);
            std::int64_t at_element = packed_row * pitch + block * kBlockRows + r;
            for (int e = 0; e < nm.m; ++e) {
                if ((mask >> e & 1U) == 0) continue;
                const bool exists = first_column + first + e < p.channels && block * kBlockRows + r < p.rows;
                put(vmem, p.results[5], at_element, 16, group[static_cast<std::size_t>(e)]);
                if (!nm.dense())
                    put(vmem, p.results[6], at_element, 4, exists ? static_cast<std::uint64_t>(e) : 0);
                at_element += pitch;
            }
        }
    }
}

}  // namespace satsim::vector
