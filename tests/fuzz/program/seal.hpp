// Makes the envelope of a mutated program file right again: magic, version, digest, length and checksum.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "runtime/isa/crc32.hpp"
#include "runtime/isa/program.hpp"

namespace satsim::isa {

[[nodiscard]] inline std::vector<std::uint8_t> sealed(std::vector<std::uint8_t> bytes) {
    constexpr std::size_t envelope = 20;  // magic, version, digest, length
    if (bytes.size() < envelope + 4) return bytes;
    const std::vector<std::uint8_t> good = serialize(Program{});
    std::copy_n(good.begin(), 12, bytes.begin());
    const auto put = [&](std::size_t at, std::uint64_t value, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
    };
    put(12, bytes.size(), 8);
    put(bytes.size() - 4, crc32(std::span<const std::uint8_t>(bytes).first(bytes.size() - 4)), 4);
    return bytes;
}

}  // namespace satsim::isa
