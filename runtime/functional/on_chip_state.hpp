// The contents of SAT's on-chip memories; contract.md §1, §4, §5.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/isa/program.hpp"

namespace satsim::functional {

// Where a walk over (image, grid row, grid column) stands.
struct Position {
    std::int64_t b = 0;
    std::int64_t y = 0;
    std::int64_t x = 0;
    bool operator==(const Position&) const = default;
};

struct OnChipState {
    // All memories zero, positions (0,0,0). Throws InputError for a configuration that is impossible or
    // larger than kMaxBytes.
    explicit OnChipState(const isa::ArrayConfig& array);

    static constexpr std::int64_t kMaxBytes = std::int64_t{4} << 30;

    isa::ArrayConfig config;

    // FP16 bits, [array row][element]; a row begins every west_row_pitch elements.
    std::vector<std::uint16_t> west;
    std::int64_t west_row_pitch;
    std::vector<std::uint16_t> north_values;  // FP16 bits, [element]
    std::vector<std::uint8_t> north_indices;  // [byte], two nibbles each, the low one first
    std::vector<std::uint32_t> result;        // [address][column]: FP32 bits, or FP16 bits in the low half
    std::vector<std::uint64_t> vmem;          // [word], little-endian by address

    // The C values of a result address; addresses count modulo RD.
    [[nodiscard]] std::uint32_t* result_row(std::int64_t address) {
        return result.data() + result_index(address);
    }
    [[nodiscard]] const std::uint32_t* result_row(std::int64_t address) const {
        return result.data() + result_index(address);
    }

    // The USPEs' accumulators (OS): value of PE(r,c), row slot s, column slot cs is
    // accumulators[(cs*C + c)*lane_pitch + s*R + r].
    std::vector<float> accumulators;
    std::int64_t lane_pitch;
    // Row and column slots of the chain of operations since FIRST; 0 when no chain is open.
    std::int64_t chain_sr = 0;
    std::int64_t chain_sc = 0;

    bool nonfinite = false;  // STORE or VEC has met an infinite or NaN result

    Position load_position;  // saved by ADVANCE
    Position store_position;

  private:
    [[nodiscard]] std::int64_t result_index(std::int64_t address) const {
        return (address & (config.result_addresses - 1)) * config.columns;
    }
};

}  // namespace satsim::functional
