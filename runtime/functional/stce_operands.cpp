#include "runtime/functional/stce_operands.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/functional/stce_kernel.hpp"
#include "runtime/numerics/fp16.hpp"

namespace satsim::functional {
namespace {

using namespace isa::stce;

// Elements of K that are worked on at a time: their west block of kLaneBlock lanes stays in the first-level
// cache.
constexpr std::int64_t kChunkElements = 64;
constexpr std::int64_t kWordElements = 4;

std::int64_t line_elements(const OnChipState& state) {
    return std::int64_t{state.config.line_words()} * kWordElements;
}

// Pairs of an operation: value and index planes from the registers' addresses on.
class North {
  public:
    North(const Operation& op, const OnChipState& state)
        : values_(state.north_values.data() + op[nv] * kWordElements),
          indices_(op.has(kDense) ? nullptr : state.north_indices.data() + op[ni] * isa::kIndicesOfUnit / 2),
          columns_(op[sc] * state.config.columns),
          index_pitch_(state.config.index_row_words(op[sc]) * isa::kIndicesOfWord),
          n_(op[n]) {}

    [[nodiscard]] std::int64_t columns() const { return columns_; }
    [[nodiscard]] Fp16 value(std::int64_t row, std::int64_t x) const { return {values_[row * columns_ + x]}; }
    // Element within its group. row = g*n + j.
    [[nodiscard]] std::int64_t index(std::int64_t row, std::int64_t x) const {
        if (indices_ == nullptr) return row % n_;
        const std::int64_t nibble = row * index_pitch_ + x;
        return indices_[nibble / 2] >> (4 * (nibble % 2)) & 0xF;
    }

  private:
    const std::uint16_t* values_;
    const std::uint8_t* indices_;
    std::int64_t columns_;
    std::int64_t index_pitch_;  // nibbles
    std::int64_t n_;
};

// The pairs of a few groups, sorted by column; pairs of value ±0 are left out.
class PairLists {
  public:
    PairLists(std::int64_t columns, std::int64_t max_pairs)
        : columns_(columns),
          max_(max_pairs),
          pairs_(static_cast<std::size_t>(columns * max_pairs)),
          counts_(static_cast<std::size_t>(columns)) {}

    // Throws InputError for an index that is not below m.
    void fill(const Operation& op, const North& north, std::int64_t first_group, std::int64_t groups_now) {
        std::fill(counts_.begin(), counts_.end(), 0);
        for (std::int64_t row = first_group * op[n]; row < (first_group + groups_now) * op[n]; ++row) {
            const std::int64_t first_element = (row / op[n] - first_group) * op[m];
            for (std::int64_t x = 0; x < columns_; ++x) {
                const Fp16 value = north.value(row, x);
                if (value.is_zero()) continue;
                const std::int64_t index = north.index(row, x);
                if (index >= op[m]) fail_index(op, row, x, index);
                std::int32_t& count = counts_[static_cast<std::size_t>(x)];
                pairs_[static_cast<std::size_t>(x * max_ + count)] = {
                    static_cast<std::uint32_t>((first_element + index) * kLaneBlock),
                    numerics::to_float(value)};
                ++count;
            }
        }
    }

    void accumulate(const float* west, std::int64_t lanes, float* sums, std::int64_t pitch) const {
        accumulate_block(pairs_.data(), counts_.data(), columns_, max_, west, lanes, sums, pitch);
    }

  private:
    [[noreturn]] static void fail_index(const Operation& op, std::int64_t row, std::int64_t x,
                                        std::int64_t index) {
        fail(op, fmt::format("index {} of pair {} of group {}, column {} is not below m = {}", index,
                             row % op[n], row / op[n], x, op[m]));
    }

    std::int64_t columns_;
    std::int64_t max_;
    std::vector<Pair> pairs_;
    std::vector<std::int32_t> counts_;
};

// West elements of a few groups for up to kLaneBlock lanes, as FP32, [element][lane].
class WestBlock {
  public:
    explicit WestBlock(std::int64_t elements)
        : halves_(static_cast<std::size_t>(elements * kLaneBlock)), floats_(halves_.size()) {}

    void fill(const OnChipState& state, const WestLanes& lanes, std::int64_t first_lane,
              std::int64_t lane_count, std::int64_t first_group, std::int64_t groups_now,
              std::int64_t m_elements) {
        for (std::int64_t l = 0; l < lane_count; ++l) {
            const std::uint16_t* source = state.west.data() +
                                          lanes.lane[static_cast<std::size_t>(first_lane + l)] +
                                          first_group * (m_elements * lanes.element_step + lanes.group_step);
            std::uint16_t* out = halves_.data() + l;
            for (std::int64_t g = 0; g < groups_now; ++g, source += lanes.group_step) {
                for (std::int64_t e = 0; e < m_elements; ++e, source += lanes.element_step, out += kLaneBlock)
                    *out = *source;
            }
        }
        const std::int64_t count = groups_now * m_elements * kLaneBlock;
        for (std::int64_t i = 0; i < count; ++i) {
            floats_[static_cast<std::size_t>(i)] = numerics::to_float({halves_[static_cast<std::size_t>(i)]});
        }
    }
    [[nodiscard]] const float* data() const { return floats_.data(); }

  private:
    std::vector<std::uint16_t> halves_;
    std::vector<float> floats_;
};

}  // namespace

WestLanes os_lanes(const Operation& op, const OnChipState& state) {
    const std::int64_t array_rows = state.config.rows;
    const std::int64_t line = line_elements(state);
    WestLanes lanes;
    for (std::int64_t s = 0; s < op[sr]; ++s) {
        for (std::int64_t r = 0; r < array_rows; ++r) {
            const std::int64_t row = r * state.west_row_pitch + op[wa] * line;
            lanes.lane.push_back(op.has(kTransposed) ? row + s * array_rows + r
                                                     : row + s * op[wstride] * line);
        }
    }
    if (op.has(kTransposed)) lanes.element_step = op[wstride] * line;
    return lanes;
}

WestLanes ws_lanes(const Operation& op, const OnChipState& state) {
    const std::int64_t line = line_elements(state);
    WestLanes lanes;
    for (std::int64_t p = 0; p < op[batches] * op[sr]; ++p)
        lanes.lane.push_back((op[wa] + p * op[wstride]) * line);
    lanes.group_step = state.west_row_pitch;  // group g comes from array row g
    return lanes;
}

std::vector<bool> columns_with_values(const Operation& op, const OnChipState& state) {
    const North north(op, state);
    std::vector<bool> touched(static_cast<std::size_t>(north.columns()));
    for (std::int64_t row = 0; row < op[groups] * op[n]; ++row) {
        for (std::int64_t x = 0; x < north.columns(); ++x) {
            if (!north.value(row, x).is_zero()) touched[static_cast<std::size_t>(x)] = true;
        }
    }
    return touched;
}

void accumulate(const Operation& op, const OnChipState& state, const WestLanes& lanes, float* sums,
                std::int64_t pitch) {
    const std::int64_t chunk_groups = std::max<std::int64_t>(1, kChunkElements / op[m]);
    const auto lane_count = static_cast<std::int64_t>(lanes.lane.size());
    const North north(op, state);
    PairLists pairs(north.columns(), chunk_groups * op[n]);
    WestBlock west(chunk_groups * op[m]);
    for (std::int64_t g = 0; g < op[groups]; g += chunk_groups) {
        const std::int64_t groups_now = std::min(chunk_groups, op[groups] - g);
        pairs.fill(op, north, g, groups_now);
        for (std::int64_t l = 0; l < lane_count; l += kLaneBlock) {
            const std::int64_t lanes_now = std::min(kLaneBlock, lane_count - l);
            west.fill(state, lanes, l, lanes_now, g, groups_now, op[m]);
            pairs.accumulate(west.data(), lanes_now, sums + l, pitch);
        }
    }
}

}  // namespace satsim::functional
