// Small arrays and on-chip memories filled with random numbers.
#pragma once

#include <cstdint>
#include <random>

#include "runtime/functional/on_chip_state.hpp"
#include "runtime/numerics/fp16.hpp"

namespace satsim::functional {

class Random {
  public:
    explicit Random(std::uint32_t seed) : engine_(seed) {}
    std::int64_t in(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(engine_);
    }
    bool one_in(int count) { return in(1, count) == 1; }
    std::uint16_t bits16() { return static_cast<std::uint16_t>(in(0, 0xFFFF)); }
    // A number of ordinary size, now and then a zero.
    std::uint16_t ordinary_fp16() {
        if (one_in(10)) return one_in(2) ? 0x8000 : 0;
        return numerics::to_fp16(std::normal_distribution<float>(0.0F, 1.0F)(engine_)).bits;
    }

  private:
    std::mt19937 engine_;
};

inline isa::ArrayConfig small_array(Random& random) {
    isa::ArrayConfig c;
    c.rows = static_cast<int>(random.one_in(8) ? random.in(17, 40) : random.in(1, 6));
    c.columns = static_cast<int>(4 * random.in(1, 4));
    c.max_m = 16;
    c.channels = 1 << random.in(0, 2);
    c.west_lines = 64;
    c.north_value_lines = 64;
    c.north_index_lines = 64;
    c.result_addresses = 1024;
    c.vmem_lines = 16;
    return c;
}

// wild: every bit pattern (Inf, NaN and subnormals included), otherwise ordinary numbers. Indices are below
// m.
inline void fill(OnChipState& state, Random& random, bool wild, std::int64_t m) {
    for (std::uint16_t& v : state.west) v = wild ? random.bits16() : random.ordinary_fp16();
    for (std::uint16_t& v : state.north_values) v = wild ? random.bits16() : random.ordinary_fp16();
    for (std::uint8_t& v : state.north_indices) {
        v = static_cast<std::uint8_t>(random.in(0, m - 1) | random.in(0, m - 1) << 4);
    }
    for (std::uint32_t& v : state.result) v = static_cast<std::uint32_t>(random.in(0, 0xFFFFFFFF));
}

}  // namespace satsim::functional
