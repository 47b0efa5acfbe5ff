// Random operands for the tests of runtime/gpu, on the CPU and on a device.
#pragma once

#include <bit>
#include <cstdint>
#include <random>
#include <vector>

#include "runtime/gpu/shared/compressed24.hpp"
#include "runtime/nm/packed_matrix.hpp"
#include "runtime/numerics/fp16.hpp"

namespace satsim::gpu::test {

using Generator = std::mt19937_64;

inline std::vector<Fp16> random_halves(Generator& generator, std::size_t count, float scale = 1) {
    std::normal_distribution<float> normal(0, scale);
    std::vector<Fp16> values(count);
    for (Fp16& v : values) v = numerics::to_fp16(normal(generator));
    return values;
}
// Any bits: subnormals, infinities and NaNs included.
inline std::vector<float> wild_floats(Generator& generator, std::size_t count) {
    std::vector<float> values(count);
    std::normal_distribution<float> normal(0, 1);
    for (float& v : values) {
        v = normal(generator);
        if (generator() % 16 == 0) v = std::bit_cast<float>(static_cast<std::uint32_t>(generator()));
        if (generator() % 16 == 0) v *= 0x1p-126F;
        if (generator() % 32 == 0) v = 0;
    }
    return values;
}
inline std::vector<float> random_floats(Generator& generator, std::size_t count, float scale = 1) {
    std::normal_distribution<float> normal(0, scale);
    std::vector<float> values(count);
    for (float& v : values) v = normal(generator);
    return values;
}

// FP16 seen as the words that kernels work on.
inline std::uint16_t* bits_of(Fp16* values) {
    return reinterpret_cast<std::uint16_t*>(values);
}

// A compressed matrix in host memory.
struct HostCompressed24 {
    explicit HostCompressed24(const Compressed24Shape& s)
        : shape(s),
          values(static_cast<std::size_t>(s.value_count()), 0x7E7E),
          metadata(static_cast<std::size_t>(s.word_count()), 0xFFFFFFFFU) {}

    // Value of (row, tap, channel), and whether an element is stored there at all.
    [[nodiscard]] std::uint16_t at(std::int64_t row, std::int64_t tap, std::int64_t channel) const {
        const std::int64_t chunk = tap * shape.tap_chunks() + channel / kChunk;
        const auto half = static_cast<int>(channel % kChunk / kPiece);
        const auto half_word = static_cast<std::size_t>(shape.positions_at(row, chunk, half));
        const std::uint32_t positions = metadata[half_word / 2] >> (half_word % 2 * 16);
        const auto quad = static_cast<unsigned>(channel % kPiece / 4);
        for (unsigned slot = 0; slot < 2; ++slot) {
            if ((positions >> (quad * 4 + slot * 2) & 3U) == static_cast<unsigned>(channel % 4))
                return values[static_cast<std::size_t>(shape.value_at(row, chunk, half)) + quad * 2 + slot];
        }
        return 0;
    }
    // Positions of every group are ascending, as the instruction asks.
    [[nodiscard]] bool legal() const {
        for (const std::uint32_t word : metadata)
            for (unsigned quad = 0; quad < 8; ++quad)
                if ((word >> (quad * 4) & 3U) >= (word >> (quad * 4 + 2) & 3U)) return false;
        return true;
    }

    Compressed24Shape shape;
    std::vector<std::uint16_t> values;
    std::vector<std::uint32_t> metadata;
};

}  // namespace satsim::gpu::test
