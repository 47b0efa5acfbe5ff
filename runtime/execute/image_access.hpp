// Numbers to and from the bytes of a memory image.
#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <vector>

#include "runtime/functional/memory_image.hpp"
#include "runtime/numerics/fp16.hpp"

namespace satsim::execute {

// `values` as FP16 (exact where they are FP16 already) or FP32, one after the other.
inline void write_fp16(MemoryImage& memory, std::int64_t address, std::span<const double> values) {
    std::vector<std::uint8_t> bytes(values.size() * 2);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint16_t bits = numerics::to_fp16(static_cast<float>(values[i])).bits;
        std::memcpy(bytes.data() + 2 * i, &bits, 2);
    }
    memory.write(address, bytes);
}

inline void write_fp32(MemoryImage& memory, std::int64_t address, std::span<const double> values) {
    std::vector<std::uint8_t> bytes(values.size() * 4);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto value = static_cast<float>(values[i]);
        std::memcpy(bytes.data() + 4 * i, &value, 4);
    }
    memory.write(address, bytes);
}

inline void read_fp16(const MemoryImage& memory, std::int64_t address, std::span<double> values) {
    std::vector<std::uint8_t> bytes(values.size() * 2);
    memory.read(address, bytes);
    for (std::size_t i = 0; i < values.size(); ++i) {
        Fp16 half;
        std::memcpy(&half.bits, bytes.data() + 2 * i, 2);
        values[i] = numerics::to_float(half);
    }
}

inline void read_fp32(const MemoryImage& memory, std::int64_t address, std::span<double> values) {
    std::vector<std::uint8_t> bytes(values.size() * 4);
    memory.read(address, bytes);
    for (std::size_t i = 0; i < values.size(); ++i) {
        float value = 0;
        std::memcpy(&value, bytes.data() + 4 * i, 4);
        values[i] = value;
    }
}

}  // namespace satsim::execute
