// What a netlist takes of a device.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/synth/netlist.hpp"

namespace satsim::synth {

struct Resources {
    std::int64_t lut = 0;
    std::int64_t ff = 0;
    std::int64_t dsp = 0;
    std::int64_t bram18 = 0;  // half block RAMs
    std::int64_t uram = 0;
    std::int64_t wires = 0;  // LUTs beside `lut` that only lead an operand into a carry chain

    [[nodiscard]] double bram36() const { return static_cast<double>(bram18) / 2; }
    Resources& operator+=(const Resources& other);
    [[nodiscard]] Resources times(std::int64_t instances) const;
    [[nodiscard]] Resources with_wires() const;  // those counted as LUTs
    bool operator==(const Resources&) const = default;
};

// The largest share that `used` takes of `available`, over all kinds of resources but wires. A kind that is
// used and not available makes it infinite.
[[nodiscard]] double utilization(const Resources& used, const Resources& available);

// One mapped cell. A LUT of any size is one LUT (lut_pairs.hpp puts two small ones into one); a distributed
// RAM takes the LUTs that hold its bits, once a read port; a shift register of up to 32 bits is one LUT;
// carry chains, wide multiplexers, buffers and inverters take none (an inverter is absorbed by the LUT or the
// flip-flop that it feeds). Throws InputError for a type that no rule knows.
[[nodiscard]] Resources resources_of(std::string_view cell_type);
// The same for a cell in a netlist. A RAM32M16 or RAM64M8 of which at most three data pins are used is the
// device's RAM32M (32 x 6 bits, one read port) or RAM64M (64 x 3 bits), of four LUTs: Yosys 0.23 makes the
// large ones only.
[[nodiscard]] Resources resources_of(const Cell& cell);
[[nodiscard]] bool is_lutram(std::string_view cell_type);
[[nodiscard]] bool is_bram(std::string_view cell_type);
[[nodiscard]] bool is_uram(std::string_view cell_type);
[[nodiscard]] bool is_shift_register(std::string_view cell_type);

// The netlist's own cells: instances of other blocks count as nothing. Its wires are lut_wires().
[[nodiscard]] Resources count(const Netlist& netlist);
// Carry bits whose operand comes from elsewhere than a LUT: it reaches the chain through a LUT that is a mere
// wire. Not part of what Vivado reports as LUTs (from memory), but no longer free either.
[[nodiscard]] std::int64_t lut_wires(const Netlist& netlist);

}  // namespace satsim::synth
