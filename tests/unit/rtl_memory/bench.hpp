// What the RTL benches share: a clocked model, the read side of the memory port, and wide signals as words.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "sim/dram/memory.hpp"

namespace satsim::rtl_bench {

// The 8-byte word at byte address a of a memory whose contents follow from the address.
inline std::uint64_t word_at(std::int64_t address) {
    auto z = static_cast<std::uint64_t>(address) * 0x9E3779B97F4A7C15ULL + 0x1234567;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    return z ^ (z >> 27);
}

// Bits lsb .. lsb+width-1 (width <= 64) of a wide Verilator signal.
template <typename Wide>
std::uint64_t bits(const Wide& wide, int lsb, int width) {
    std::uint64_t value = 0;
    for (int i = 0; i < width; ++i) {
        const int at = lsb + i;
        value |= static_cast<std::uint64_t>((wide[at / 32] >> (at % 32)) & 1U) << i;
    }
    return value;
}

template <typename Wide>
void set_bits(Wide& wide, int lsb, int width, std::uint64_t value) {
    for (int i = 0; i < width; ++i) {
        const int at = lsb + i;
        const std::uint32_t bit = 1U << (at % 32);
        if (((value >> i) & 1U) != 0) {
            wide[at / 32] |= bit;
        } else {
            wide[at / 32] &= ~bit;
        }
    }
}

// A line of 8-byte words into a signal.
template <typename Wide>
void set_words(Wide& wide, const std::vector<std::uint64_t>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        wide[2 * i] = static_cast<std::uint32_t>(words[i]);
        wide[2 * i + 1] = static_cast<std::uint32_t>(words[i] >> 32);
    }
}

template <typename Wide>
std::uint64_t get_word(const Wide& wide, int word) {
    return wide[2 * word] | static_cast<std::uint64_t>(wide[2 * word + 1]) << 32;
}

// Lines under way from the memory to the R side.
struct LinesUnderWay {
    struct Line {
        Cycles at;
        std::int64_t line;
    };
    std::deque<Line> lines;

    void request(dram::Memory& memory, Cycles now, std::int64_t line, int count) {
        std::vector<Cycles> arrival(static_cast<std::size_t>(count));
        memory.read(now, line, arrival);
        for (int i = 0; i < count; ++i) lines.push_back({arrival[static_cast<std::size_t>(i)], line + i});
    }
};

class Random {
  public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}
    // Uniform in low..high.
    std::int64_t operator()(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(engine_);
    }
    bool chance(int percent) { return (*this)(0, 99) < percent; }

  private:
    std::mt19937_64 engine_;
};

inline dram::MemoryConfig random_memory(Random& random, int channels) {
    dram::MemoryConfig config;
    config.channels = channels;
    config.kind = random.chance(50) ? dram::MemoryKind::Ddr4 : dram::MemoryKind::Ideal;
    config.ideal_latency = static_cast<int>(random(1, 30));
    config.stall_seed = random.chance(50) ? static_cast<std::uint64_t>(random(1, 1 << 30)) : 0;
    return config;
}

}  // namespace satsim::rtl_bench
