// SORE: selection of the N largest of every M and the two packed copies of a block;
// docs/architecture/vector.md §5.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/vector/parameters.hpp"

namespace satsim::vector {

inline constexpr int kBlockRows = isa::timing::kVecBlock;

// Bit e: element e of the group is kept. Largest of the 15 magnitude bits first (so NaN before Inf), ties to
// the lower element; exactly n bits. At most 16 values.
[[nodiscard]] std::uint32_t keep_mask(std::span<const std::uint16_t> group, int n);
// The same of the nm.n largest of every nm.m: 1:2 in a group of four.
[[nodiscard]] std::uint32_t keep_mask(std::span<const std::uint16_t> group, const NmPattern& nm);

// FP16 values of one block, VEC_BLOCK rows by V lanes; rows and lanes outside the matrix are +0.
class SoreBlock {
  public:
    explicit SoreBlock(int lanes) : lanes_(lanes), values_(static_cast<std::size_t>(kBlockRows * lanes)) {}

    void clear() { values_.assign(values_.size(), 0); }
    [[nodiscard]] std::span<std::uint16_t> row(int r) {
        return std::span(values_).subspan(static_cast<std::size_t>(r * lanes_),
                                          static_cast<std::size_t>(lanes_));
    }

    // kept(r, lane) for groups of m rows; element [row*lanes + lane].
    void keep_along_rows(const NmPattern& nm, std::vector<std::uint8_t>& kept) const;

    // Writes both copies of block (slice, block) of `p` into VMEM.
    void pack(const Parameters& p, std::int64_t slice, std::int64_t block,
              std::span<std::uint64_t> vmem) const;

  private:
    [[nodiscard]] std::uint16_t at(int r, int lane) const {
        return values_[static_cast<std::size_t>(r * lanes_ + lane)];
    }
    void pack_along_rows(const Parameters& p, std::int64_t slice, std::int64_t block,
                         std::span<std::uint64_t> vmem) const;
    void pack_along_columns(const Parameters& p, std::int64_t slice, std::int64_t block,
                            std::span<std::uint64_t> vmem) const;

    int lanes_;
    std::vector<std::uint16_t> values_;
};

}  // namespace satsim::vector
